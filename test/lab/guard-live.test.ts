import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeFreezer } from '../../lab/freezer.ts';
import { type NativeHost, startNativeHost } from '../../lab/native-host.ts';
import { type LabNetwork, labNetworkLacks, startLabNetwork } from '../../lab/network.ts';
import { buildManifest, describeVerdict, manifestPath, saveManifest } from '../../src/guard/index.ts';
import { instanceName, readApplied } from '../../src/hardening/index.ts';
import { readCut } from '../../src/service/ngd/cut.ts';
import { guardedFiles } from '../../src/service/ngd/guarded-files.ts';
import { currentVerdict } from '../../src/service/ngd.ts';
import { localExec } from '../../src/system/exec.ts';
import { isThere } from '../../src/system/files.ts';

const lacks = labNetworkLacks();
/** A deviation has to be seen within this, milliseconds; on a busy machine of a test it may take longer. */
const SEEN_MS = 90_000;
const TRACE = `
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
if libc.ptrace(0x4206, int(sys.argv[1]), 0, 0) < 0: sys.exit(ctypes.get_errno())
print('traced', flush=True); sys.stdin.read()`;

describe.skipIf(lacks)(`NGd on the real kernel${lacks ? `: ${lacks}` : ''}`, () => {
  let network: LabNetwork;
  let host: NativeHost;
  let table: string;

  beforeAll(async () => {
    network = await startLabNetwork();
    // Packages are installed on it alone.
    host = await startNativeHost(network, { name: 'guarded', tools: [], own: ['/var', '/usr/share'] });
    table = instanceName(host.home.root);
  });
  afterAll(async () => {
    await host?.close();
    await network?.close();
  });

  const nft = (...args: string[]) => host.machine.exec('nft', args);
  const verdict = () => currentVerdict(host.home);
  const cgroupFile = async (name: string): Promise<string> => {
    const groups = (await readApplied(host.home))?.groups ?? [];
    const group = groups.find(({ settings }) => settings.some(({ file }) => file === name));
    return join(group?.directory ?? '', name);
  };

  /** From the change until the guard's verdict says so, milliseconds. */
  async function seenAfter(change: () => Promise<unknown>, target: string): Promise<number> {
    await change();
    const began = performance.now();
    while (performance.now() - began < SEEN_MS) {
      const { deviations } = await verdict();
      if (deviations.some((one) => `${one.target} ${one.found}`.includes(target))) {
        return Math.round(performance.now() - began);
      }
      await delay(10);
    }
    throw new Error(`${target} was not seen:\n${describeVerdict(await verdict())}\n${await told()}`);
  }

  async function untilIntact(): Promise<void> {
    const until = performance.now() + SEEN_MS;
    const since = Date.now();
    // One of a guard that was ended says nothing of now.
    while ((await verdict()).integrity !== 'intact' || Date.parse((await verdict()).checkedAt) < since) {
      if (performance.now() > until) throw new Error(describeVerdict(await verdict()));
      await delay(50);
    }
  }

  /** A verdict that was made from now on finds all intact, and nothing was cut off. */
  async function quietSince(): Promise<void> {
    await delay(2_000);
    await untilIntact();
    expect(await readCut(host.home)).toBeUndefined();
  }

  const told = () => readFile(join(host.home.state, 'events.jsonl'), 'utf8');

  it('raises no alarm over what is the owner’s: other tables, containers, logs, a restart of the guard', async () => {
    await nft('add', 'table', 'inet', 'docker-like');
    await nft('add', 'chain', 'inet', 'docker-like', 'forward', '{ type filter hook forward priority 0 ; }');
    await nft('delete', 'table', 'inet', 'docker-like');
    // A container: namespaces of its own, with mounts and rules inside.
    const container = 'mount -t tmpfs tmpfs /mnt && nft add table inet inside && touch /mnt/x && rm /mnt/x';
    await host.machine.exec('unshare', ['--mount', '--net', '--pid', '--fork', '--', 'sh', '-c', container]);
    const log = join(host.home.root, 'ng.log');
    await rename(log, `${log}.1`);
    await writeFile(log, '');
    await host.restart('ngd');
    await quietSince();
  });

  it('raises none when the package manager installs, upgrades and removes a package that is none of ours', async (ctx) => {
    if (!(await isThere('/usr/bin/dpkg-deb'))) ctx.skip('needs dpkg');
    const work = await mkdtemp(join(tmpdir(), 'logos-packages-'));
    onTestFinished(() => rm(work, { recursive: true, force: true }));
    for (const version of ['1.0', '2.0']) {
      const tree = join(work, version);
      await mkdir(join(tree, 'DEBIAN'), { recursive: true });
      await mkdir(join(tree, 'usr/share/logos-lab-unrelated'), { recursive: true });
      await writeFile(join(tree, 'usr/share/logos-lab-unrelated/data'), version);
      const control = ['Package: logos-lab-unrelated', `Version: ${version}`, 'Architecture: all'];
      await writeFile(
        join(tree, 'DEBIAN/control'),
        [...control, 'Maintainer: lab <lab@example.org>', 'Description: unrelated', ''].join('\n'),
      );
      await localExec('dpkg-deb', ['--build', '--root-owner-group', tree, join(work, `${version}.deb`)]);
      await host.machine.exec('dpkg', ['--install', join(work, `${version}.deb`)]);
    }
    const { stdout } = await host.machine.exec('cat', ['/usr/share/logos-lab-unrelated/data']);
    expect(stdout).toBe('2.0');
    await host.machine.exec('dpkg', ['--purge', 'logos-lab-unrelated']);
    await quietSince();
  });

  it('raises none when gatekeeper and guard stand still together, as in a suspend, and goes on after', async (ctx) => {
    const pids = (['ng', 'ngd'] as const).map((name) => host.service(name).pid ?? 0);
    const freezer = await makeFreezer(pids);
    if (freezer === undefined) return ctx.skip('needs a control group that freezes');
    onTestFinished(() => freezer.remove());
    await freezer.freeze();
    // Longer than the engine takes for a pause of its own.
    await delay(7_000);
    await freezer.thaw();
    await quietSince();
  });

  it('goes on with what was proven last while the chain can not be reached, and says so', async () => {
    await nft('add', 'table', 'inet', 'cut');
    await nft('add', 'chain', 'inet', 'cut', 'output', '{ type filter hook output priority 0 ; }');
    const port = new URL(await hostUrl()).port;
    await nft('add', 'rule', 'inet', 'cut', 'output', 'tcp', 'dport', port, 'reject', 'with', 'tcp', 'reset');
    await host.restart('ngd');
    const until = performance.now() + 60_000;
    while (!/can't be read, those of block \d+, proven \d+ minutes ago, stay in force/.test(await told())) {
      if (performance.now() > until) throw new Error(await told());
      await delay(200);
    }
    await untilIntact();
    expect(await readCut(host.home)).toBeUndefined();
    await nft('delete', 'table', 'inet', 'cut');
  });

  it('sees changes of live state whose files were left alone', async () => {
    const figures: string[] = [];
    const measure = async (
      what: string,
      change: () => Promise<unknown>,
      back: () => Promise<unknown>,
      target: string,
    ) => {
      figures.push(`${what} ${await seenAfter(change, target).finally(back)} ms`);
      await untilIntact();
    };
    const ng = host.service('ng').pid ?? 0;
    const pids = await cgroupFile('pids.max');
    const limit = (await readFile(pids, 'utf8')).trim();
    const fifos = '/proc/sys/fs/protected_fifos';
    const before = (await readFile(fifos, 'utf8')).trim();
    await measure(
      'a limit',
      () => writeFile(pids, 'max'),
      () => writeFile(pids, limit),
      pids,
    );
    await measure(
      'a sysctl',
      () => writeFile(fifos, '0'),
      () => writeFile(fifos, before),
      'fs.protected_fifos',
    );
    await measure(
      'NG stopped',
      async () => process.kill(ng, 'SIGSTOP'),
      async () => process.kill(ng, 'SIGCONT'),
      'state T',
    );
    const tracer = spawn('python3', ['-c', TRACE, String(ng)], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(tracer.stdout, 'data');
    await measure(
      'NG traced',
      async () => {},
      async () => tracer.stdin.end(),
      'traced by',
    );
    const handle = /# handle (\d+)/.exec(
      (await nft('-a', '-e', 'insert', 'rule', 'inet', table, 'forward', 'accept')).stdout,
    )?.[1];
    await measure(
      'a firewall rule',
      async () => {},
      () => nft('delete', 'rule', 'inet', table, 'forward', 'handle', String(handle)),
      `nftables table ${table}`,
    );
    console.log(`seen after: ${figures.join(', ')}`);
    expect((await readCut(host.home))?.because).toEqual([expect.stringContaining('pids.max')]);
    expect(await told()).toMatch(/cut itself off in \d+ ms/);
  });

  it('sees a mount over a guarded file', async () => {
    const definition = join(host.home.gatekeeper, 'current', 'definition.json');
    const ms = await seenAfter(() => host.machine.exec('mount', ['--bind', definition, definition]), 'definition.json');
    await host.machine.exec('umount', [definition]);
    console.log(`a mount seen after ${ms} ms`);
  });

  it('finds a gatekeeper that wrote the file and the manifest anew, by the chain alone', async () => {
    const definition = join(host.home.gatekeeper, 'current', 'definition.json');
    const before = await readFile(definition);
    const manifest = await readFile(manifestPath(host.home));
    await host.restart('ngd');
    await untilIntact();
    await writeFile(definition, `${before}\n`);
    await saveManifest(host.home, await buildManifest(await guardedFiles(host.home)));
    await host.restart('ngd');
    await seenAfter(async () => {}, 'gatekeeper on chain, in force before');
    await writeFile(definition, before);
    // One that guards less than the chain put here is no better.
    await saveManifest(
      host.home,
      await buildManifest([{ path: join(host.home.state, 'hardening.json'), kind: 'file' }]),
    );
    await host.restart('ngd');
    await seenAfter(async () => {}, 'guard-manifest.json not in it');
    await writeFile(manifestPath(host.home), manifest);
  });

  async function hostUrl(): Promise<string> {
    const record = JSON.parse(await readFile(join(host.home.state, 'host.json'), 'utf8'));
    return record.chain.url;
  }
});
