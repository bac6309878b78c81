import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import {
  type HardenedHost,
  HOST_PATHS,
  hardenHost,
  instanceName,
  planHost,
  policyFromFile,
  probeEnforcement,
  readApplied,
  restoreHost,
  verifyPlan,
} from '../../src/hardening/index.ts';
import { kernelFiles } from '../../src/hardening/kernel-files.ts';
import { keepOwnersShare } from '../../src/service/owner-share.ts';
import { setPaused } from '../../src/service/pause.ts';
import { type Exec, localExec } from '../../src/system/exec.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';

const POLICY = join(import.meta.dirname, '../../chain/seed/security/host-policy.json');
const VOLATILE =
  /^(fs\.(aio-nr|dentry-|file-nr|inode-|quota\.)|kernel\.(ns_last_pid|random|pty\.nr)|net\.(netfilter\.nf_conntrack_count|ipv[46]\.(conf|neigh)\.(?!all|default)))/;
const LIMITS = { cpuCores: 0.5, memoryMiB: 64 };

let directory: string;
let home: Home;
const children: ChildProcess[] = [];

beforeEach((ctx) => {
  needs(ctx);
  directory = mkdtempSync(join(tmpdir(), 'logos-lab-hardening-'));
  home = homeFrom({ LOGOS_HOME: join(directory, 'home') }, 0);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (home) await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
  if (directory) rmSync(directory, { recursive: true, force: true });
});

function needs(ctx: Pick<TestContext, 'skip'>): void {
  if (process.getuid?.() !== 0) ctx.skip('needs root');
  if (existsSync('/run/systemd/system')) ctx.skip('needs a host without systemd, where the groups are our own');
  if (!existsSync('/usr/sbin/nft')) ctx.skip('needs nftables');
}

const apply = async (limits = LIMITS, probe = true): Promise<HardenedHost> =>
  hardenHost(await planHost({ home, source: await policyFromFile(POLICY), limits, probe }), { home });

/** What this room may change: sysctls, our tables, groups, units. Other instances on the machine come and go. */
function snapshot(): Record<string, unknown> {
  const sysctls = execFileSync('sysctl', ['-a'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  }).toString();
  return {
    sysctls: sysctls
      .split('\n')
      .filter((line) => !VOLATILE.test(line))
      .sort(),
    tables: execFileSync('nft', ['list', 'tables']).toString().split('\n').filter(isOurs),
    groups: readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(isOurs)
      .sort(),
    units: execFileSync('ls', ['-lan', '--full-time', '/etc/systemd/system']).toString(),
  };
}

/** Not a table or group of another instance, of a sandbox, inside a container, or of whoever runs these tests. */
function isOurs(line: string): boolean {
  const [instance] = /logos_[0-9a-f]{8}/.exec(line) ?? [];
  const isForeign = /logos-run-|process_api|\/(?:payload|supervisor|machine\.slice)(?:\/|$)/.test(line);
  return (instance === undefined || instance === instanceName(home.root)) && !isForeign;
}

/** Runs a command inside the limits; it waits for a line, so that all of it happens inside. */
function within(
  { applied }: HardenedHost,
  script: string,
): ChildProcess & { exited: Promise<[number | null, string | null]> } {
  const child = spawn('/bin/sh', ['-c', `read -r go; ${script}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(child);
  for (const procs of applied.cgroupProcs) writeFileSync(procs, `${child.pid}`);
  child.stdin?.end('go\n');
  return Object.assign(child, { exited: once(child, 'exit') as Promise<[number | null, string | null]> });
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

describe('this kernel', () => {
  it('enforces the limits: the probe finds it in a moment and leaves nothing', async () => {
    const before = snapshot();
    const started = performance.now();
    const verdicts = await probeEnforcement({
      instance: 'logos_lab00000',
      paths: HOST_PATHS,
      files: kernelFiles,
      exec: localExec,
      journal: new Journal(home.journal),
    });
    console.log(verdicts, `${Math.round(performance.now() - started)} ms`);
    for (const controller of ['cpu', 'memory', 'pids'] as const)
      expect(verdicts[controller]?.verdict, verdicts[controller]?.figure).toBe('enforced');
    expect(snapshot()).toEqual(before);
  });

  it('gives a busy loop its quota of CPU and no more', async () => {
    // A tenth of a core is less than anybody's fair share, also on a machine that is busy.
    const host = await apply({ cpuCores: 0.1, memoryMiB: 64 });
    const loop = within(host, 'while :; do :; done');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [from, started] = [cpuSeconds(loop.pid ?? 0), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const share = ((cpuSeconds(loop.pid ?? 0) - from) * 1_000) / (performance.now() - started);
    const cpu = host.applied.groups.find((group) => group.controllers.includes('cpu'));
    const stat = readFileSync(join(cpu?.directory ?? '', 'cpu.stat'), 'utf8');
    console.log(
      `busy loop with 10 % of a core: ${(share * 100).toFixed(0)} %`,
      stat.split('\n').slice(0, 3).join(', '),
    );
    expect(share).toBeLessThan(0.15);
    expect(Number(/^nr_throttled (\d+)/m.exec(stat)?.[1])).toBeGreaterThan(5);
  });

  it('kills what takes more memory than is lent, and nothing else', async () => {
    const host = await apply();
    const glutton = within(host, 'exec dd if=/dev/zero of=/dev/null bs=200M count=1');
    const modest = within(host, 'exec dd if=/dev/zero of=/dev/null bs=8M count=1');
    expect(await glutton.exited).toEqual([null, 'SIGKILL']);
    const [code, signal] = await modest.exited;
    // Both share the group, so the kernel may choose the small one while the large one grows; alone it must live.
    if (signal === null) expect(code).toBe(0);
    expect(await within(host, 'exec dd if=/dev/zero of=/dev/null bs=8M count=1').exited).toEqual([0, null]);
  });

  it('has no more processes than the policy allows', async () => {
    const host = await apply();
    const pids = host.applied.groups.find((group) => group.controllers.includes('pids'));
    expect(readFileSync(join(pids?.directory ?? '', 'pids.max'), 'utf8').trim()).toBe('4096');
  });
});

describe('the owner’s share', () => {
  it('shrinks what guests get when the owner waits or pauses, grows back, and is whole at the end', async () => {
    const host = await apply({ cpuCores: 1, memoryMiB: 64 });
    const cpu = host.applied.groups.find((group) => group.controllers.includes('cpu'));
    const [file, full] =
      cpu?.settings.map(({ file, value }) => [file, value]).find(([name]) => /quota|max/.test(name ?? '')) ?? [];
    const quota = (): number => Number(readFileSync(join(cpu?.directory ?? '', file ?? ''), 'utf8').split(' ')[0]);
    const most = Number(full?.split(' ')[0]);
    const loop = within(host, 'while :; do :; done');
    // This machine's own pressure is whatever runs beside the test: what the owner feels is given.
    const paths = {
      ...HOST_PATHS,
      proc: join(directory, 'proc'),
      cgroup: join(directory, 'none'),
      sys: join(directory, 'sys'),
    };
    mkdirSync(join(paths.proc, 'pressure'), { recursive: true });
    let waited = 0;
    const feel = (us: number): void => {
      waited += us;
      writeFileSync(join(paths.proc, 'pressure/cpu'), `some avg10=0.00 avg60=0.00 avg300=0.00 total=${waited}\n`);
    };
    feel(0);
    const stop = new AbortController();
    const told: string[] = [];
    const tell = async (text: string): Promise<void> => void told.push(text);
    const sharing = keepOwnersShare({ home, tell, paths, everyMs: 50 }, stop.signal);
    const hurting = setInterval(() => feel(40_000), 50);
    await expect.poll(quota, { timeout: 5_000, interval: 20 }).toBeLessThanOrEqual(most / 32);
    clearInterval(hurting);
    const began = cpuSeconds(loop.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(cpuSeconds(loop.pid ?? 0) - began).toBeLessThan(0.35);
    expect(await verifyPlan(host.applied)).toEqual([]);
    const low = quota();
    await expect.poll(quota, { timeout: 10_000 }).toBeGreaterThan(low);
    await setPaused(home, true);
    await expect.poll(quota, { timeout: 5_000 }).toBe(most / 50);
    stop.abort();
    await sharing;
    expect(quota()).toBe(most);
    expect(told[0]).toContain("the owner's programs wait for CPU");
  });
});

describe('apply and restore on the real machine', () => {
  it('holds, is found changed when it is, repairs, and goes back exactly', async () => {
    const before = snapshot();
    const host = await apply();
    expect(host.deviations).toEqual([]);
    const plan = await planHost({ home, source: await policyFromFile(POLICY), limits: LIMITS, probe: false });
    expect(plan.changes).toEqual([]);
    const { instance, groups } = host.applied;
    execFileSync('nft', ['flush', 'chain', 'inet', instance, 'forward']);
    writeFileSync(join(groups[0]?.directory ?? '', 'cpu.cfs_quota_us'), '-1');
    expect((await verifyPlan(host.applied)).map(({ code }) => code)).toEqual([
      'cgroup-limit-changed',
      'firewall-changed',
    ]);
    expect((await apply()).deviations).toEqual([]);
    expect((await apply({ cpuCores: 1, memoryMiB: 256 })).deviations).toEqual([]);
    await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
    expect(snapshot()).toEqual(before);
    expect(await readApplied(home)).toBeUndefined();
  });

  it('ends guests that are still in the group when it is taken away, those below it too, and nobody else', async () => {
    const host = await apply();
    const guest = within(host, 'trap "" TERM; while :; do sleep 0.1; done');
    const bystander = spawn('sleep', ['60']);
    children.push(bystander);
    const nested = join(host.applied.groups[0]?.directory ?? '', 'nested');
    await kernelFiles.makeDirectory(nested);
    writeFileSync(join(nested, 'cgroup.procs'), `${guest.pid}`);
    await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
    expect((await guest.exited)[1]).toBe('SIGKILL');
    expect(existsSync(nested)).toBe(false);
    expect(bystander.exitCode).toBeNull();
  });

  it('moves itself out of the group instead of ending itself', async () => {
    const host = await apply({ cpuCores: 2, memoryMiB: 4096 });
    for (const procs of host.applied.cgroupProcs) writeFileSync(procs, `${process.pid}`);
    await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
    expect(existsSync(host.applied.groups[0]?.directory ?? '')).toBe(false);
    expect(readFileSync('/proc/self/cgroup', 'utf8')).not.toContain(host.applied.instance);
  });

  it('goes back exactly after SIGKILL at every step, finished before or not', async () => {
    const before = snapshot();
    const script = join(import.meta.dirname, 'hardening/apply-child.ts');
    const reached: number[] = [];
    for (let last = 1; ; last += 1) {
      const child = spawn(process.execPath, [script, home.root, POLICY, `${last}`], { stdio: 'ignore' });
      children.push(child);
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      const pending = (await new Journal(home.journal).pending()).length;
      // Every third time what was begun is finished first.
      if (last % 3 === 0) expect((await apply(LIMITS, false)).deviations, `finished after step ${last}`).toEqual([]);
      await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
      expect(snapshot(), `killed after step ${last}`).toEqual(before);
      if (signal === null) {
        expect(code).toBe(0);
        break;
      }
      reached.push(pending);
    }
    console.log('journal lines at the kills', reached);
    // A step for each line of the journal, and one for each effect at least.
    expect(reached.length).toBeGreaterThan(2 * Math.max(...reached));
    expect(new Set(reached).size).toBe(Math.max(...reached) + 1);
  });

  it('changes nothing when the disk is full', async (ctx) => {
    const mount = join(directory, 'full');
    execFileSync('mkdir', ['-p', mount]);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mount]);
    } catch {
      ctx.skip('needs leave to mount a tmpfs');
    }
    try {
      const before = snapshot();
      const full = homeFrom({ LOGOS_HOME: join(mount, 'home') }, 0);
      const source = await policyFromFile(POLICY);
      const plan = await planHost({ home: full, source, limits: LIMITS, probe: false });
      execFileSync('mkdir', ['-p', full.root]);
      try {
        writeFileSync(join(mount, 'filler'), Buffer.alloc(64 << 10));
      } catch {
        // that was the purpose
      }
      await expect(hardenHost(plan, { home: full })).rejects.toThrow(/ENOSPC/);
      expect(snapshot()).toEqual(before);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});

describe('the firewall of the development chain', () => {
  const names = { host: 'lghard-h', guest: 'lghard-g', lan: 'lghard-l' };
  const ip = (...args: string[]): Buffer => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const inside = (name: string, ...args: string[]): Buffer => ip('netns', 'exec', name, ...args);
  const nftInHost: Exec = (command, args, options) =>
    command === 'nft'
      ? localExec('ip', ['netns', 'exec', names.host, command, ...args], options)
      : localExec(command, args, options);

  afterEach(() => {
    for (const name of Object.values(names)) if (existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
  });

  /** A host with one guest interface and one to the owner's network, each with somebody at the other end. */
  function wire(): void {
    for (const name of Object.values(names)) ip('netns', 'add', name);
    const ends = [
      [names.guest, 'logosg0', '10.77.0'],
      [names.lan, 'owner0', '192.168.77'],
    ] as const;
    for (const [peer, device, net] of ends) {
      ip('link', 'add', device, 'netns', names.host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer);
      inside(names.host, 'ip', 'addr', 'add', `${net}.1/24`, 'dev', device);
      inside(names.host, 'ip', 'link', 'set', device, 'up');
      inside(peer, 'ip', 'addr', 'add', `${net}.2/24`, 'dev', 'eth0');
      inside(peer, 'ip', 'link', 'set', 'eth0', 'up');
      inside(peer, 'ip', 'route', 'add', 'default', 'via', `${net}.1`);
    }
    inside(names.host, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }

  const SERVER = "require('net').createServer((s) => s.end('hello')).listen(7777, () => console.log('up'))";
  const CLIENT = `const s = require('net').connect(7777, process.argv[1]); s.setTimeout(700, () => process.exit(1));
    s.on('error', () => process.exit(1)); s.on('data', () => process.exit(0));`;

  async function serve(name: string): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', SERVER], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    await once(child.stdout, 'data');
  }

  function reaches(name: string, address: string): boolean {
    try {
      inside(name, process.execPath, '-e', CLIENT, address);
      return true;
    } catch {
      return false;
    }
  }

  it('keeps guests from the host and the owner’s network, and lets the owner in as before', async () => {
    wire();
    for (const name of Object.values(names)) await serve(name);
    const ways = () => ({
      guestToHost: reaches(names.guest, '10.77.0.1'),
      guestToLan: reaches(names.guest, '192.168.77.2'),
      lanToHost: reaches(names.lan, '192.168.77.1'),
      lanToGuest: reaches(names.lan, '10.77.0.2'),
      hostToGuest: reaches(names.host, '10.77.0.2'),
      hostToLan: reaches(names.host, '192.168.77.2'),
    });
    expect(Object.values(ways())).toEqual(Array(6).fill(true));
    const source = await policyFromFile(POLICY);
    const plan = await planHost({ home, source, limits: LIMITS, probe: false, exec: nftInHost });
    await hardenHost(plan, { home, exec: nftInHost });
    expect(ways()).toEqual({
      guestToHost: false,
      guestToLan: false,
      lanToHost: true,
      lanToGuest: false,
      hostToGuest: true,
      hostToLan: true,
    });
    await restoreHost(home, { exec: nftInHost, paths: HOST_PATHS });
    expect(Object.values(ways())).toEqual(Array(6).fill(true));
    expect(inside(names.host, 'nft', 'list', 'ruleset').toString()).toBe('');
  });

  it('gives back a table that was there under our name', async () => {
    ip('netns', 'add', names.host);
    const source = await policyFromFile(POLICY);
    const plan = await planHost({ home, source, limits: LIMITS, probe: false, exec: nftInHost });
    const table = plan.target.instance;
    inside(
      names.host,
      'nft',
      `add table inet ${table}; add chain inet ${table} c { type filter hook input priority 5; }; add rule inet ${table} c tcp dport { 22, 80 } counter accept comment "mine"; add set inet ${table} s { type ipv4_addr; elements = { 10.0.0.1 }; }`,
    );
    const before = inside(names.host, 'nft', 'list', 'ruleset').toString();
    await hardenHost(await planHost({ home, source, limits: LIMITS, probe: false, exec: nftInHost }), {
      home,
      exec: nftInHost,
    });
    expect(inside(names.host, 'nft', 'list', 'ruleset').toString()).not.toBe(before);
    await restoreHost(home, { exec: nftInHost, paths: HOST_PATHS });
    expect(inside(names.host, 'nft', 'list', 'ruleset').toString()).toBe(before);
  });
});
