import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NativeHost, startNativeHost } from '../../lab/native-host.ts';
import { type LabNetwork, labNetworkLacks, startLabNetwork } from '../../lab/network.ts';
import { buildManifest, describeVerdict, manifestPath, saveManifest } from '../../src/guard/index.ts';
import { instanceName, readApplied } from '../../src/hardening/index.ts';
import { readCut } from '../../src/service/ngd/cut.ts';
import { guardedFiles } from '../../src/service/ngd/guarded-files.ts';
import { currentVerdict } from '../../src/service/ngd.ts';

const lacks = labNetworkLacks();
/** A deviation has to be seen within this, milliseconds; on a busy machine of a test it may take longer. */
const SEEN_MS = 30_000;
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
    host = await startNativeHost(network, { name: 'guarded', tools: [] });
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
    throw new Error(`${target} was not seen:\n${describeVerdict(await verdict())}`);
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
    const elsewhere = await mkdtemp(join(tmpdir(), 'logos-apt-'));
    await writeFile(join(elsewhere, 'lib.so'), 'an unrelated package');
    await rm(elsewhere, { recursive: true });
    await host.restart('ngd');
    await delay(2_000);
    await untilIntact();
    expect(await readCut(host.home)).toBeUndefined();
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
