import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectedChain, type HostSigner, hostKey, openArtifacts } from '../src/chain/index.ts';
import { joinRegion } from '../src/gatekeeper/index.ts';
import { buildManifest, saveManifest } from '../src/guard/index.ts';
import { type Dvm, listDvms } from '../src/hypervisor/index.ts';
import { saveHostRecord } from '../src/service/host-record.ts';
import { guardedFiles } from '../src/service/ngd/guarded-files.ts';
import { savePin } from '../src/service/ngd/pin.ts';
import { currentVerdict } from '../src/service/ngd.ts';
import { SERVICE_VARIABLE, serviceMark } from '../src/service/supervisor/find-process.ts';
import { localExec } from '../src/system/exec.ts';
import { type Home, homeFrom } from '../src/system/home.ts';
import { Journal } from '../src/system/journal.ts';
import { SHARED_CACHE } from './instance.ts';
import { type LibvirtLab, startLibvirtLab } from './libvirt.ts';

/**
 * A host of the region that lends compute: hardened, with a libvirtd, a gatekeeper (NG) and an integrity daemon (NGd) of its own.
 * Hosts of one test are instances on this machine: their tables, groups, guests and keys are apart, its kernel is one.
 */
export interface GuardedHost {
  readonly home: Home;
  readonly signer: HostSigner;
  readonly libvirt: LibvirtLab;
  /** The process of NGd. */
  ngd(): ChildProcess;
  /** Ends NGd as its service manager would, and starts it anew. */
  restartNgd(): Promise<void>;
  guests(): Promise<Dvm[]>;
  /** What NG and NGd told, a line each. */
  events(): Promise<string[]>;
  close(): Promise<void>;
}

const ENTRY = join(import.meta.dirname, '../bin/dev.js');
const HARDEN = join(import.meta.dirname, 'harden-host.mjs');
const BALANCE = 10_000_000_000_000_000n;
const ADMISSION = { class: 'compute-5', path: 'qemu', inventory: 'ab'.repeat(32), gatekeeper: '0.1.0' } as const;
/** For a machine that is busy. */
const READY_MS = 180_000;

/** Starts one; ready when the guest that the chain asks a new host for runs, and NGd has found all intact. */
export async function startGuardedHost(url: string, chain: ConnectedChain): Promise<GuardedHost> {
  const root = await mkdtemp(join(tmpdir(), 'logos-guarded-'));
  const home = homeFrom({ LOGOS_HOME: root, LOGOS_CACHE: SHARED_CACHE });
  const ends: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    ends.push(() => localExec(process.execPath, [HARDEN, 'restore', root]));
    await localExec(process.execPath, [HARDEN, 'apply', root]);
    const libvirt = await startLibvirtLab({ home: root, cache: SHARED_CACHE });
    ends.push(() => libvirt.close());
    const signer = await joined(url, chain, home);
    let ngd = startService(home, 'ngd');
    const ng = startService(home, 'ng');
    ends.push(
      () => ended(ngd),
      () => ended(ng),
    );
    const restartNgd = async () => {
      await ended(ngd);
      ngd = startService(home, 'ngd');
    };
    const guests = async () => {
      const connection = await libvirt.connect();
      return listDvms(connection).finally(() => connection.close());
    };
    await untilAtWork(home, guests);
    const events = async () => (await readFile(join(home.state, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    return { home, signer, libvirt, ngd: () => ngd, restartNgd, guests, events, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function joined(url: string, chain: ConnectedChain, home: Home): Promise<HostSigner> {
  const signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, BALANCE);
  const artifacts = openArtifacts(home.artifacts);
  const journal = new Journal(home.journal);
  await joinRegion({ home, chain, signer, artifacts, journal, admission: ADMISSION, programVersion: '0.1.0' });
  const pinned = { mode: 'dev', url, genesis: chain.identity.genesis, trust: 'local' } as const;
  await saveHostRecord(home, { version: 1, chain: pinned, account: signer.address, path: 'qemu' });
  await savePin(home, pinned);
  await saveManifest(home, await buildManifest(await guardedFiles(home)));
  return signer;
}

/** In a session of its own and with its mark, as the supervisor starts it. */
function startService(home: Home, name: 'ng' | 'ngd'): ChildProcess {
  const output = openSync(join(home.root, `${name}.log`), 'a');
  return spawn(process.execPath, [ENTRY, 'internal', name], {
    env: {
      ...process.env,
      LOGOS_HOME: home.root,
      LOGOS_CACHE: home.cache,
      [SERVICE_VARIABLE]: serviceMark(home, name),
    },
    stdio: ['ignore', output, output],
    detached: true,
  });
}

async function ended(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const gone = new Promise((resolve) => service.once('exit', resolve));
  // One that the test stopped hears nothing else.
  service.kill('SIGCONT');
  service.kill('SIGTERM');
  await Promise.race([gone, delay(10_000)]);
  service.kill('SIGKILL');
}

async function untilAtWork(home: Home, guests: () => Promise<Dvm[]>): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const running = (await guests()).filter(({ state }) => state === 'running');
    if (running.length > 0 && (await currentVerdict(home)).integrity === 'intact') return;
    await delay(250);
  }
  const logs = await Promise.all(
    ['ng.log', 'ngd.log', 'state/events.jsonl'].map((name) => readFile(join(home.root, name), 'utf8').catch(() => '')),
  );
  throw new Error(`the host is not at work:\n${JSON.stringify(await currentVerdict(home))}\n${logs.join('\n')}`);
}
