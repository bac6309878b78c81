import type { ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectChain, hostKey, type LogosChain, type Operation, openArtifacts } from '../src/chain/index.ts';

import { joinRegion, readTrail, type Trace, traceOf } from '../src/gatekeeper/index.ts';
import { buildManifest, saveManifest } from '../src/guard/index.ts';
import { askOperation } from '../src/service/api/client.ts';
import { saveHostRecord } from '../src/service/host-record.ts';
import { guardedFiles } from '../src/service/ngd/guarded-files.ts';
import { savePin } from '../src/service/ngd/pin.ts';
import { currentVerdict } from '../src/service/ngd.ts';
import { installShims, shimDirectory } from '../src/service/shims.ts';
import { SERVICE_VARIABLE, serviceMark } from '../src/service/supervisor/find-process.ts';
import { canonicalJson, sha256Hex } from '../src/system/canonical.ts';
import { type Home, homeFrom } from '../src/system/home.ts';
import { Journal, type Json } from '../src/system/journal.ts';
import { type LabChain, startLabChain } from './chain.ts';
import { type OperationEvent, type OperationEvents, openOperationEvents } from './contract-events.ts';
import { type LabMachine, type MachineOptions, startLabMachine } from './machine.ts';
import type { LabNetwork } from './network.ts';

/** A host of the region with a chain of its own: joined, its gatekeeper's service at work, and shims first in the user's PATH. */
export interface NativeHost {
  readonly machine: LabMachine;
  readonly home: Home;
  readonly chain: LogosChain;
  /** What a user types on it, argument by argument. */
  type(argv: readonly string[], cwd?: string): Promise<Typed>;
  /** All that became of an operation. */
  operation(id: bigint): Promise<Journey>;
  /** The process of NG or NGd. */
  service(name: Service): ChildProcess;
  /** Ends it as its service manager would, and starts it anew. */
  restart(name: Service): Promise<void>;
  close(): Promise<void>;
}

type Service = 'ng' | 'ngd';

export interface Typed {
  readonly exitCode: number;
  readonly output: string;
  /** The operation that it became, if it came that far. */
  readonly operation: bigint | undefined;
  readonly transaction: string | undefined;
}

/** An operation on the chain and on its host. */
export interface Journey {
  readonly onChain: Operation | undefined;
  readonly finalized: number;
  readonly events: readonly OperationEvent[];
  /** Its way through the stages, as `logos gatekeeper requests trace` shows it. */
  readonly trace: Trace;
  /** What the host keeps of how it ended. */
  readonly result: Json | undefined;
  readonly failed: { readonly code: string; readonly reason: string } | undefined;
  /** All that the tool printed. */
  readonly log: string;
}

const ENTRY = join(import.meta.dirname, '../bin/dev.js');
const HARDEN = join(import.meta.dirname, 'harden-host.mjs');
/** For a machine that is busy; otherwise it takes some seconds. */
const READY_MS = 120_000;
const BALANCE = 10_000_000_000_000_000n;
/** It lends a GPU and nothing else, so that it refuses the guest that the chain asks a new host for. */
const ADMISSION = { class: 'small-1', path: 'gpu', inventory: 'ab'.repeat(32), gatekeeper: '0.1.0' } as const;

export interface NativeHostOptions extends MachineOptions {
  /** Tools whose commands go through the gatekeeper. */
  readonly tools: readonly string[];
  /** Done when the machine is there and its gatekeeper is not. */
  prepare?(machine: LabMachine, home: Home): Promise<void>;
}

export async function startNativeHost(network: LabNetwork, options: NativeHostOptions): Promise<NativeHost> {
  const root = await mkdtemp(join(tmpdir(), 'logos-native-'));
  const home = homeFrom({ LOGOS_HOME: root });
  const ends: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const machine = await startLabMachine(network, options);
    ends.push(() => machine.close());
    await options.prepare?.(machine, home);
    const running = await startLabChain({ directory: home.chain, port: machine.port, start: machine.start });
    ends.push(() => running.stop());
    const chain = await connectChain(running.url);
    ends.push(() => chain.close());
    ends.push(() => machine.exec(process.execPath, [HARDEN, 'restore', home.root]));
    await machine.exec(process.execPath, [HARDEN, 'apply', home.root]);
    await joined(home, chain, running);
    const services = new Map<Service, ChildProcess>();
    const service = (name: Service): ChildProcess => services.get(name) ?? startService(machine, home, name);
    for (const name of ['ngd', 'ng'] as const) {
      services.set(name, startService(machine, home, name));
      ends.push(() => ended(service(name)));
    }
    await untilAtWork(home);
    await installShims(home, options.tools, [process.execPath, ENTRY]);
    const events = await openOperationEvents(running.url);
    ends.push(() => events.close());
    return {
      machine,
      home,
      chain,
      type: (argv, cwd) => typed(machine, home, argv, cwd),
      operation: (id) => journeyOf(id, { home, chain, events }),
      service,
      restart: async (name) => {
        await ended(service(name));
        services.set(name, startService(machine, home, name));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function joined(home: Home, chain: Awaited<ReturnType<typeof connectChain>>, { url }: LabChain): Promise<void> {
  const signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, BALANCE);
  const parts = { artifacts: openArtifacts(home.artifacts), journal: new Journal(home.journal) };
  await joinRegion({
    ...{ home, chain, signer, ...parts },
    ...{ admission: ADMISSION, programVersion: '0.1.0' },
  });
  const { genesis } = chain.identity;
  const pinned = { mode: 'dev', url, genesis, trust: 'local' } as const;
  await saveHostRecord(home, { version: 1, chain: pinned, account: signer.address, path: 'gpu' });
  await savePin(home, pinned);
  await saveManifest(home, await buildManifest(await guardedFiles(home)));
}

/** In a session of its own and with its mark, as the supervisor starts it. */
function startService(machine: LabMachine, home: Home, name: Service): ChildProcess {
  const env = { ...process.env, LOGOS_HOME: home.root, [SERVICE_VARIABLE]: serviceMark(home, name) };
  const output = openSync(join(home.root, `${name}.log`), 'a');
  return machine.start('setsid', [process.execPath, ENTRY, 'internal', name], { env, output });
}

async function ended(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const gone = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGTERM');
  await gone;
}

/** The guest that the chain asked for is refused, and the integrity daemon has found everything as it should be. */
async function untilAtWork(home: Home): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const first = await askOperation(home, '1').catch(() => undefined);
    if (first?.phase === 'completed' && (await currentVerdict(home)).integrity === 'intact') return;
    await delay(100);
  }
  const logs = await Promise.all(['ng', 'ngd'].map((name) => readFile(join(home.root, `${name}.log`), 'utf8')));
  throw new Error(`the host is not at work:\n${JSON.stringify(await currentVerdict(home))}\n${logs.join('\n')}`);
}

async function typed(machine: LabMachine, home: Home, argv: readonly string[], cwd?: string): Promise<Typed> {
  const env = { ...process.env, PATH: `${shimDirectory(home)}:/usr/local/bin:/usr/bin:/bin` };
  const child = machine.start(argv[0] ?? '', argv.slice(1), { env, cwd: cwd ?? home.root });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [, operation, transaction] = /^On chain as operation (\d+), transaction (0x[0-9a-f]{64})\./m.exec(output) ?? [];
  return { exitCode, output, operation: operation === undefined ? undefined : BigInt(operation), transaction };
}

async function journeyOf(
  id: bigint,
  parts: { home: Home; chain: LogosChain; events: OperationEvents },
): Promise<Journey> {
  const { home, chain } = parts;
  const onChain = await chain.operation(id);
  const { finalized } = await chain.head();
  const { result, failed } = await askOperation(home, `${id}`);
  const command = onChain?.kind.kind === 'run' ? onChain.kind.command : '';
  const log = await readFile(join(home.gatekeeper, 'runs', command, 'log'), 'utf8').catch(() => '');
  const events = await parts.events.of(id, onChain?.requestedAt ?? 1);
  const request = String(events[0]?.fields.requestId).slice(2);
  const trace = traceOf(await readTrail(home, request));
  return { onChain, finalized, events, trace, result, failed, log };
}

/** The digest of a result as it stands on chain. */
export function digestOf(result: Json): string {
  return `0x${sha256Hex(canonicalJson(result))}`;
}
