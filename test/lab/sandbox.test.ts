import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commandLines, pidOf, runGroups } from '../../lab/tool-processes.ts';
import { sandboxedTools, type ToolRun, type ToolRunner } from '../../src/gatekeeper/index.ts';
import { runPlan } from '../../src/gatekeeper/sandbox/bubblewrap.ts';
import { sandboxOf, sandboxSchema } from '../../src/gatekeeper/sandbox/index.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { removeGroup } from '../../src/system/sandbox/control-groups.ts';

const lacks = () => {
  if (process.getuid?.() !== 0) return 'needs root';
  return existsSync('/usr/bin/bwrap') ? undefined : 'needs bubblewrap';
};

/** A directory that a tool may write, where libraries may name one. */
const WRITABLE = '/var/lib/logos-sandbox-test';
let home: Home;
let tools: ToolRunner;
let runs = 0;

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-sandbox-')) });
  tools = sandboxedTools(home);
  await mkdir(home.keys, { recursive: true, mode: 0o700 });
  await writeFile(join(home.keys, 'host.key'), 'a key');
});
afterAll(async () => {
  await rm(home.root, { recursive: true, force: true });
  await rm(WRITABLE, { recursive: true, force: true });
});

/** A tool whose work is a script, run by a library that says `members` of it. */
async function toolOf(script: string, members: unknown = {}, program = 'sh'): Promise<ToolRun & { log: string }> {
  runs += 1;
  const directory = join(home.gatekeeper, 'runs', String(runs));
  const files = join(directory, 'files');
  await mkdir(files, { recursive: true, mode: 0o700 });
  await writeFile(join(files, 'verified'), 'as it was checked', { mode: 0o600 });
  const path = join(home.root, `tool-${runs}`);
  await writeFile(path, `#!/usr/bin/${program === 'sh' ? 'env -S sh' : `env -S ${program}`}\n${script}\n`);
  await chmod(path, 0o755);
  const sandbox = sandboxOf({ limitSeconds: 60 }, sandboxSchema.parse(members));
  return { tool: 'tester', program: path, args: [], sandbox, files, log: join(directory, 'log') };
}

async function run(script: string, members?: unknown, program?: string) {
  const tool = await toolOf(script, members, program);
  const outcome = await tools.run(tool, tool);
  return { ...outcome, text: Buffer.from(outcome.output).toString('utf8'), log: tool.log, files: tool.files };
}

const succeeds = async () => expect(await run('echo well')).toMatchObject({ exitCode: 0, text: 'well\n' });

describe.skipIf(lacks())(`a native tool in its sandbox${lacks() ? `: ${lacks()}` : ''}`, () => {
  it('runs, with its exit code and its log', async () => {
    const { exitCode, text, log } = await run('echo out; echo err >&2; pwd; id -u; exit 7');
    expect(exitCode).toBe(7);
    expect(text.split('\n').sort()).toEqual(['', '/root', '0', 'err', 'out']);
    expect(await readFile(log, 'utf8')).toBe(text);
    expect((await stat(log)).mode & 0o777).toBe(0o600);
  });

  it('has an environment of three names', async () => {
    process.env.LOGOS_TEST_SECRET = 'hush';
    onTestFinished(() => void delete process.env.LOGOS_TEST_SECRET);
    const names = (await run('env')).text.split('\n').map((line) => line.split('=')[0] ?? '');
    // The last two are the shell's own.
    expect(names.filter((name) => !['', 'PWD', '_', 'SHLVL'].includes(name)).sort()).toEqual([
      'HOME',
      'LC_ALL',
      'PATH',
    ]);
  });

  it('has no rights of root beyond its number, and no file but its own open', async () => {
    const { text } = await run(
      'grep -E "^(CapPrm|CapEff|CapAmb|NoNewPrivs|Seccomp):" /proc/self/status; ls /proc/self/fd',
    );
    const lines = text.replaceAll('\t', ' ').trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      ...['CapPrm: 0000000000000000', 'CapEff: 0000000000000000', 'CapAmb: 0000000000000000'],
      ...['NoNewPrivs: 1', 'Seccomp: 2'],
    ]);
    // What this process was itself given by who started it, it gives to all.
    const given = execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(given.split('\n')).toEqual(expect.arrayContaining(lines.slice(5)));
  });

  it('is not run where no sandbox can be made', async () => {
    const marker = join(home.root, 'ran');
    const options = { limitMs: 5_000, outputBytes: 100, withErrors: true };
    const command = ['/usr/bin/touch', marker];
    for (const [prefix, wrong] of [
      [[], ['--ro-bind', '/nowhere', '/nowhere']],
      [[], ['--no-such-option']],
      [
        ['env', 'PATH=/nowhere'],
        ['--bind', '/', '/'],
      ],
      [['/nowhere/prlimit'], ['--bind', '/', '/']],
    ] as const) {
      const ran = runPlan({ options: wrong, command }, { ...options, prefix });
      await expect(ran).rejects.toMatchObject({ code: 'sandbox-unavailable' });
    }
    expect(existsSync(marker)).toBe(false);
    await runPlan({ options: ['--bind', '/', '/'], command }, { ...options, prefix: [] });
    expect(existsSync(marker)).toBe(true);
  });

  it('that is called off is ended with all that it began', async () => {
    const mark = `${42_000 + (process.pid % 1000)}.${runs}`;
    const stop = new AbortController();
    const slow = await toolOf(`sleep ${mark} & exec sleep ${mark}`);
    const ended = tools.run(slow, { ...slow, signal: stop.signal });
    setTimeout(() => stop.abort(), 1_000);
    await expect(ended).rejects.toMatchObject({ code: 'command-failed' });
    expect(commandLines()).not.toContain(`sleep ${mark}`);
  });

  it('ends when the gatekeeper is killed', async () => {
    const mark = `${43_000 + (process.pid % 1000)}.${runs}`;
    const slow = await toolOf(`setsid -f sleep ${mark}; sleep ${mark}`);
    const source = join(import.meta.dirname, '../../src');
    const program = `
      import { sandboxedTools } from '${source}/gatekeeper/sandbox/run.ts';
      import { homeFrom } from '${source}/system/home.ts';
      const run = ${JSON.stringify(slow)};
      await sandboxedTools(homeFrom({ LOGOS_HOME: ${JSON.stringify(home.root)} })).run(run, run);`;
    const gatekeeper = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    const sleeping = () => commandLines().filter((line) => line === `sleep ${mark}`).length;
    await expect.poll(sleeping, { timeout: 20_000 }).toBe(2);
    const groups = runGroups(pidOf(`sleep ${mark}`));
    gatekeeper.kill('SIGKILL');
    await expect.poll(sleeping, { timeout: 5_000 }).toBe(0);
    // They are nobody's now: a later run takes them away when they are old.
    for (const path of groups) await removeGroup(path);
  });

  it('is given no directory of this program, and none by a link', async () => {
    const link = `${WRITABLE}-link`;
    await symlink(home.root, link);
    onTestFinished(() => rm(link));
    for (const members of [{ write: [link] }, { read: [link] }, { write: [`${link}/new`] }])
      await expect(tools.check(await toolOf('true', members))).rejects.toMatchObject({ code: 'sandbox-path-refused' });
    expect(existsSync(join(home.root, 'new'))).toBe(false);
    const within = homeFrom({ LOGOS_HOME: WRITABLE });
    const tool = await toolOf('true', { write: [WRITABLE] });
    await expect(sandboxedTools(within).check(tool)).rejects.toMatchObject({ code: 'sandbox-path-refused' });
  });

  it('speaks to a socket of the host that its library names', async () => {
    const path = `/run/logos-sandbox-test-${process.pid}.sock`;
    const server = createServer((socket) => socket.on('error', () => {}).end('hello\n')).listen(path);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const script = `import socket\ns = socket.socket(socket.AF_UNIX)\ntry: s.connect("${path}"); print(s.recv(5).decode())\nexcept OSError as e: print(e.errno)`;
    expect((await run(script, {}, 'python3')).text).toBe('2\n');
    expect((await run(script, { sockets: [path] }, 'python3')).text).toBe('hello\n');
  });

  it('sees none of the secrets of its host', async () => {
    const secrets = [
      home.root,
      join(home.keys, 'host.key'),
      '/etc/shadow',
      '/etc/gshadow',
      '/etc/ssl/private',
      '/home',
    ];
    const { text } = await run(
      `for it in ${secrets.join(' ')} /etc/ssh/ssh_host_*_key; do [ -e "$it" ] && echo "$it"; done; ls -A /root /tmp /run/logos`,
    );
    // Its own file is shown where it lies, and nothing beside it.
    expect(text).toBe(`${home.root}\n/root:\n\n/run/logos:\nfiles\n\n/tmp:\n${basename(home.root)}\n`);
    expect((await run(`ls -A ${home.root}`)).text).toBe(`tool-${runs}\n`);
  });

  it('writes nowhere outside', async () => {
    const places = ['/', '/usr/bin', '/etc', '/var/lib', '/proc/sys/kernel', '/run', '/run/logos/files', '/dev'];
    const { text } = await run(
      `for it in ${places.join(' ')}; do echo x > "$it/written" && echo "$it"; done 2>/dev/null; for it in /etc/passwd /proc/sys/kernel/core_pattern /proc/sysrq-trigger /usr/bin/env; do { echo x >> "$it"; } 2>/dev/null && echo "$it"; done; echo end`,
    );
    expect(text).toBe('end\n');
    // What is /tmp for it is another.
    expect((await run(`echo x > ${home.root}/written && echo x > /tmp/written`)).exitCode).toBe(0);
    expect([join(home.root, 'written'), '/tmp/written'].filter((it) => existsSync(it))).toEqual([]);
  });

  it('can not change the files that were checked', async () => {
    const script =
      'cat /run/logos/files/verified; cd /run/logos/files; echo x > verified; rm -f verified; mv verified other; chmod 777 verified; ln -sf /etc/passwd verified; mount -o remount,rw /run/logos/files; echo';
    const { text, files } = await run(script);
    expect(text).toMatch(/^as it was checked/);
    expect(await readFile(join(files, 'verified'), 'utf8')).toBe('as it was checked');
  });

  it('writes where its library says, and leaves no program there that gives rights away', async () => {
    const { exitCode } = await run(
      `cp /bin/true ${WRITABLE}/true && ! chmod u+s ${WRITABLE}/true && ! chmod 2755 ${WRITABLE}/true && python3 -c 'import os
for name, how in ("/other", os.O_CREAT), ("", os.O_TMPFILE):
  try: os.open("${WRITABLE}" + name, how | os.O_WRONLY, 0o4755)
  except PermissionError: pass
  else: raise SystemExit(1)'`,
      { write: [WRITABLE] },
    );
    expect(exitCode).toBe(0);
    expect((await stat(join(WRITABLE, 'true'))).mode & 0o7777).toBe(0o755);
  });

  it('neither sees nor touches other processes', async () => {
    const { text } = await run(
      `ls /proc | grep -c '^[0-9]'; kill -9 ${process.pid} 2>&1 || echo none; kill -9 -1; echo`,
    );
    expect(text).toMatch(/^[3-6]\n[^\n]*(No such process|none)/);
  });

  it.each([
    [
      'ptrace',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.ptrace(0, 0, 0, 0); print(r, ctypes.get_errno())',
      '-1 1',
    ],
    [
      'unshare',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.unshare(0x10000000); print(r, ctypes.get_errno())',
      '-1 1',
    ],
    [
      'mount',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.mount(b"none", b"/tmp", b"tmpfs", 0, None); print(r, ctypes.get_errno())',
      '-1 1',
    ],
    [
      'clone with a name space',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.syscall(56 if __import__("os").uname().machine == "x86_64" else 220, 0x10000000 | 17, 0, 0, 0, 0); print(r, ctypes.get_errno())',
      '-1 1',
    ],
    [
      'clone3',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.syscall(435, 0, 0); print(r, ctypes.get_errno())',
      '-1 38',
    ],
    [
      'bpf',
      'import ctypes; c = ctypes.CDLL(None, use_errno=True); r = c.syscall(321 if __import__("os").uname().machine == "x86_64" else 280, 0, 0, 0); print(r, ctypes.get_errno())',
      '-1 1',
    ],
    [
      'a vsock',
      'import socket\ntry: socket.socket(40, socket.SOCK_STREAM)\nexcept OSError as e: print("-1", e.errno)',
      '-1 97',
    ],
  ])('is refused %s', async (_, script, said) => {
    expect((await run(script, {}, 'python3')).text).toBe(`${said}\n`);
  });

  it('reaches nobody by the network unless its library says so', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('hello\n')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const script = `import socket\ntry: print(socket.create_connection(("127.0.0.1", ${port}), 5).recv(5).decode())\nexcept OSError as e: print(e.errno)`;
    expect((await run(script, {}, 'python3')).text).toBe('111\n');
    expect((await run(script, { network: 'host' }, 'python3')).text).toBe('hello\n');
  });

  it('leaves nothing behind that runs', async () => {
    const mark = `${41_000 + (process.pid % 1000)}.${runs}`;
    const { text } = await run(
      `setsid -f sleep ${mark}; nohup sleep ${mark} >/dev/null 2>&1 & sleep 0.2; ps -e -o args= | grep -c "^sleep ${mark}"`,
    );
    expect(text).toBe('2\n');
    expect(commandLines()).not.toContain(`sleep ${mark}`);
    await succeeds();
  });

  it('that forks without end meets its limit, and the next one runs', async () => {
    const script =
      'import os, time\nn = 0\ntry:\n  while True:\n    if os.fork() == 0: time.sleep(60); os._exit(0)\n    n += 1\nexcept OSError as e: print(n, e.errno)';
    const { text } = await run(script, { tasks: 64 }, 'python3');
    expect(text).toMatch(/^(?:[3-5][0-9]|6[0-3]) 11\n$/);
    await succeeds();
  });

  it('that takes memory without end is ended, and the next one runs', async () => {
    const { exitCode } = await run('x = []\nwhile True: x.append(bytearray(1 << 24))', { memory: '128MiB' }, 'python3');
    expect(exitCode).toBe(137);
    await succeeds();
  });

  it('that fills what is its own comes to the end of that, and the next one runs', async () => {
    const { text } = await run(
      'for it in /root /tmp /var/tmp /dev/shm; do dd if=/dev/zero of=$it/x bs=1M 2>/dev/null; stat -c %s $it/x; rm $it/x; done',
      { scratch: '8MiB' },
    );
    expect(text).toBe('8388608\n'.repeat(4));
    await succeeds();
  });

  it('that prints without end has the beginning kept, and goes on', async () => {
    const { output, dropped, exitCode, log } = await run('head -c 50000000 /dev/zero | tr "\\0" a; exit 3', {
      logBytes: 4096,
    });
    expect({ exitCode, kept: output.length, dropped }).toEqual({ exitCode: 3, kept: 4096, dropped: 50_000_000 - 4096 });
    expect((await stat(log)).size).toBe(4096);
    await succeeds();
  });

  it('is asked to end when its time is over, and its log is kept', async () => {
    const slow = await toolOf('trap "echo tidied; exit 0" TERM; echo begun; sleep 600 & wait', { limitSeconds: 1 });
    await expect(tools.run(slow, slow)).rejects.toMatchObject({ code: 'command-timeout' });
    expect(await readFile(slow.log, 'utf8')).toBe('begun\ntidied\n');
    await succeeds();
  });

  it('finds its credentials and no other tool’s, and only safe ones', async () => {
    const own = join(home.gatekeeper, 'credentials', 'tester');
    await mkdir(own, { recursive: true, mode: 0o700 });
    const key = join(own, 'key');
    await writeFile(key, 'the key\n', { mode: 0o600 });
    await writeFile(join(own, 'openrc'), 'OS_USERNAME=region\nOS_PASSWORD=a b=c\nOS_OTHER=x\n', { mode: 0o600 });
    const members = {
      credentials: [
        { file: 'key', at: '.ssh/id', variable: 'KEY_FILE' },
        { file: 'openrc', names: ['OS_USERNAME', 'OS_PASSWORD'] },
        { file: 'absent', at: 'absent', required: false },
      ],
    };
    const { text } = await run(
      'cat "$KEY_FILE"; stat -c %a /root/.ssh; echo x 2>/dev/null >> "$KEY_FILE"; env | grep ^OS_ | sort; ls /root',
      members,
    );
    expect(text).toContain('the key\n700\n');
    expect(text).toContain('OS_PASSWORD=a b=c\nOS_USERNAME=region\n');
    expect(text).not.toMatch(/OS_OTHER|absent/);
    expect(await readFile(key, 'utf8')).toBe('the key\n');
    await chmod(key, 0o644);
    await expect(tools.check(await toolOf('true', members))).rejects.toMatchObject({ code: 'credential-unsafe' });
    await rm(key);
    await expect(tools.check(await toolOf('true', members))).rejects.toMatchObject({ code: 'credential-missing' });
  });

  it('finds again what it keeps, and nothing else of its work', async () => {
    const members = { keep: ['stack'], startIn: 'stack' };
    await run('echo state > state; echo gone > ../gone', members);
    expect((await run('cat state; ls ..; pwd', members)).text).toBe('state\nstack\n/root/stack\n');
  });

  it('waits for another command of the same tool', async () => {
    const slow = async () => toolOf('date +%s%N; sleep 0.5; date +%s%N');
    const both = [await slow(), await slow()];
    const [one, two] = await Promise.all(both.map((it) => tools.run(it, it)));
    const times = [one, two].map((it) =>
      Buffer.from(it?.output ?? '')
        .toString()
        .trim()
        .split('\n')
        .map(BigInt),
    );
    expect((times[1]?.[0] ?? 0n) > (times[0]?.[1] ?? 0n)).toBe(true);
  });

  it('leaves no control group behind', async (context) => {
    const mark = `44.${process.pid}`;
    const ended = run(`sleep ${mark} & sleep 1`);
    await expect.poll(() => pidOf(`sleep ${mark}`), { timeout: 20_000 }).toBeDefined();
    const groups = runGroups(pidOf(`sleep ${mark}`));
    await ended;
    if (existsSync('/run/systemd/system')) context.skip('needs a host without systemd, where the groups are our own');
    expect(groups.length).toBeGreaterThan(0);
    expect(groups.filter((path) => existsSync(path))).toEqual([]);
  });
});
