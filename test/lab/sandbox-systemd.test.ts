import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SystemdHost, startSystemdHost, systemdHostLacks } from '../../lab/systemd.ts';
import { parseHostPolicy, systemdSandbox } from '../../src/hardening/index.ts';
import { keptFromGatekeeper } from '../../src/service/ngd/kept-apart.ts';
import { homeFrom } from '../../src/system/home.ts';

const BWRAP = '/usr/bin/bwrap';
const repository = join(import.meta.dirname, '../..');
const node = process.execPath;
const lacks = (await systemdHostLacks()) ?? (existsSync(BWRAP) ? undefined : 'bubblewrap');

describe.skipIf(lacks)(`a native tool on a host with systemd${lacks ? `: needs ${lacks}` : ''}`, () => {
  let host: SystemdHost;
  beforeAll(async () => {
    host = await startSystemdHost({ readOnly: [repository, dirname(node), BWRAP] });
  });
  afterAll(async () => host?.close());

  /** Runs a script as a tool inside, by the code that the gatekeeper runs there, itself as a unit under `properties`. */
  async function run(script: string, members: unknown = {}, properties: readonly string[] = []) {
    const program = `
      import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
      import { homeFrom } from '${repository}/src/system/home.ts';
      import { sandboxedTools } from '${repository}/src/gatekeeper/sandbox/run.ts';
      import { sandboxOf, sandboxSchema } from '${repository}/src/gatekeeper/sandbox/spec.ts';
      await mkdir('/var/lib/logos', { recursive: true });
      const home = homeFrom({ LOGOS_HOME: await mkdtemp('/var/lib/logos/') });
      const files = home.root + '/files';
      await mkdir(files);
      const tool = home.root + '/tool';
      await writeFile(tool, ${JSON.stringify(`#!/bin/sh\n${script}\n`)}, { mode: 0o755 });
      const sandbox = sandboxOf({}, sandboxSchema.parse(${JSON.stringify(members)}));
      const run = { tool: 'tester', program: tool, args: [], sandbox, files };
      const { exitCode, output } = await sandboxedTools(home).run(run, { log: home.root + '/log' });
      console.log(JSON.stringify({ exitCode, text: Buffer.from(output).toString() }));`;
    const unit = ['--wait', '--pipe', '--quiet', ...properties.flatMap((it) => ['-p', it]), '--'];
    const { stdout } = await host.exec('systemd-run', [...unit, node, '--input-type=module', '-e', program], {
      timeout: 60_000,
    });
    return JSON.parse(stdout) as { exitCode: number; text: string };
  }

  it('runs in a scope of its own, which is gone afterwards', async () => {
    const running = run('sleep 2; echo well', { tasks: 32, memory: '64MiB' });
    const units = async () =>
      (await host.exec('systemctl', ['list-units', '--all', '--no-legend', '--plain', 'logos-run-*'])).stdout;
    await expect.poll(units, { timeout: 20_000 }).toMatch(/^logos-run-[0-9a-f]{12}\.scope/);
    const [unit = ''] = (await units()).split(' ');
    const { stdout } = await host.exec('systemctl', ['show', '-p', 'TasksMax,MemoryMax,MemorySwapMax', unit]);
    expect(stdout.trim().split('\n').sort()).toEqual(['MemoryMax=67108864', 'MemorySwapMax=0', 'TasksMax=32']);
    expect(await running).toEqual({ exitCode: 0, text: 'well\n' });
    expect(await units()).toBe('');
  });

  it('that forks without end meets its limit', async (context) => {
    const has = 'test -e /sys/fs/cgroup/pids/cgroup.procs || grep -qw pids /sys/fs/cgroup/cgroup.controllers';
    const { exitCode } = await host.exec('sh', ['-c', has], { accept: [0, 1, 2] });
    if (exitCode !== 0) context.skip('needs a machine that gives its containers the controller pids');
    const forks = await run('while :; do sleep 30 & done', { tasks: 32 });
    expect(forks.text).toMatch(/[Cc]annot fork/);
    expect(forks.exitCode).not.toBe(0);
  });

  it('sees a change at once where the unit of NGd is hardened as the security configuration ships', async () => {
    const policy = parseHostPolicy(readFileSync(join(repository, 'chain/seed/security/host-policy.json')));
    const directives = systemdSandbox(policy.sandbox, 'ngd', { homeRoot: '/var/lib/logos' });
    const properties = Object.entries(directives).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
    const dev = join(repository, 'bin/dev.js');
    const guard = (run: readonly string[], ...args: string[]) =>
      host.exec('systemd-run', [...run, '--quiet', ...properties, '--', node, dev, 'guard', ...args], {
        timeout: 60_000,
      });
    await host.exec('mkdir', ['-p', '/var/lib/logos', '/etc/watched']);
    await guard(['--wait', '--pipe'], 'baseline', '/etc/watched', '-o', '/var/lib/logos/baseline', '--json');
    const out = '/var/lib/logos/out';
    const printed = async () => (await host.exec('cat', [out], { accept: [0, 1] })).stdout;
    const watch = ['--unit=watched', '-p', `StandardOutput=file:${out}`];
    await guard(watch, 'watch', '/var/lib/logos/baseline', '--json');
    await expect.poll(printed, { timeout: 30_000 }).toContain('"event":"ready"');
    await host.exec('touch', ['/etc/watched/new']);
    await expect.poll(printed, { timeout: 10_000 }).toContain('"path":"/etc/watched/new"');
    const [deviation = '{}'] = (await printed()).split('\n').filter((line) => line.includes('"deviation"'));
    expect(JSON.parse(deviation)).toMatchObject({ path: '/etc/watched/new', kind: 'added', layer: 'event' });
    await host.exec('systemctl', ['stop', 'watched'], { accept: [0, 1, 5] });
    // It may not write where it has no business; what the firewall on chain means it finds out in an empty network.
    const { stdout, exitCode } = await host.exec(
      'systemd-run',
      [
        '--wait',
        '--pipe',
        '--quiet',
        ...properties,
        '--',
        '/bin/sh',
        '-c',
        'touch /etc/written; unshare --mount true; echo $?; unshare --net true; echo $?',
      ],
      { accept: [0, 1] },
    );
    expect({ stdout, exitCode }).toEqual({ stdout: '1\n0\n', exitCode: 0 });
    await host.exec('test', ['!', '-e', '/etc/written']);
  });

  it('runs where the unit of the gatekeeper is hardened as the security configuration ships', async () => {
    const policy = JSON.parse(readFileSync(join(repository, 'chain/seed/security/host-policy.json'), 'utf8')) as {
      sandbox: { ng: Record<string, string> };
    };
    const hardened = Object.entries(policy.sandbox.ng).map(([name, value]) => `${name}=${value}`);
    const write = ['/var/lib/tester', '/etc/tester'];
    const { exitCode, text } = await run(`for it in ${write.join(' ')}; do echo x > $it/file; done; id -u`, { write }, [
      ...hardened,
      'ReadWritePaths=-/var/lib/logos',
    ]);
    expect({ exitCode, text }).toEqual({ exitCode: 0, text: '0\n' });
    for (const path of write) await host.exec('test', ['-s', `${path}/file`]);
  });

  it('keeps the gatekeeper’s unit from what is the guard’s', async () => {
    const home = homeFrom({ LOGOS_HOME: '/var/lib/logos' });
    const policy = parseHostPolicy(readFileSync(join(repository, 'chain/seed/security/host-policy.json')));
    const directives = {
      ...systemdSandbox(policy.sandbox, 'ng', { homeRoot: home.root }),
      ...keptFromGatekeeper(home),
    };
    const properties = Object.entries(directives).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
    await host.exec('sh', ['-c', `mkdir -p ${home.guard}/keys; echo secret > ${home.guard}/keys/passphrase`]);
    const script = `cat ${home.guard}/keys/passphrase; echo x > ${home.guard}/cut.json; echo x > ${home.root}/own && echo written`;
    const unit = ['--wait', '--pipe', '--quiet', ...properties, '--', 'sh', '-c', script];
    const { stdout } = await host.exec('systemd-run', unit, { timeout: 60_000 });
    expect(stdout).toBe('written\n');
    await host.exec('test', ['!', '-e', `${home.guard}/cut.json`]);
  });
});
