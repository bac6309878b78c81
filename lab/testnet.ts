import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { base58Encode } from '@polkadot/util-crypto';
import { outcomeOf } from './binary.ts';
import { type LabHost, startLabNetwork } from './network.ts';

/** A development account, whose session keys are known. */
export type Seed = 'alice' | 'bob' | 'charlie' | 'dave' | 'eve' | 'ferdie';

export interface TestnetNode {
  readonly name: string;
  /** WebSocket and HTTP address of its RPC on this machine. */
  readonly url: string;
  readonly directory: string;
  /** Of the running process, or of the last one. */
  readonly pid: number;
  /** One request over HTTP. Rejects with the node's own words when it refuses. */
  rpc<T>(method: string, ...params: readonly unknown[]): Promise<T>;
  /** Number of the best block, and of the last final one. */
  heights(): Promise<{ best: number; final: number }>;
  /** Starts it again on the same directory, with its clock wrong by so many seconds, and waits until it answers. */
  start(clockSeconds?: number): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Cuts it off the other nodes, or joins it to them again; its RPC stays. */
  plug(connected: boolean): Promise<void>;
  /** What it has printed. */
  log(): string;
}

export interface Testnet {
  readonly nodes: readonly TestnetNode[];
  /** Adds a validator with the keys of `seed`, be it the second one with them. */
  join(name: string, seed: Seed): Promise<TestnetNode>;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
const P2P_PORT = 30_333;
/** How long a node may take to answer on a busy machine: it compiles the runtime first. */
const READY_MS = 120_000;

/** The native node built of the present sources, or `undefined` (`npm run build:node` builds it). */
export function nodeBinary(): string | undefined {
  try {
    const args = [join(ROOT, 'tools/chain/build-node.mjs'), '--find'];
    return process.env.LOGOS_NODE ?? execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** A specification that a node takes: `genesis`, a file in chain/artifacts, with the runtime put in. */
export function nodeSpecification(genesis: string, runtime: string): string {
  const artifact = (name: string): Buffer => readFileSync(join(ROOT, 'chain/artifacts', name));
  const spec = JSON.parse(artifact(genesis).toString()) as { genesis: { raw: { top: Record<string, string> } } };
  spec.genesis.raw.top['0x3a636f6465'] = `0x${gunzipSync(artifact(runtime)).toString('hex')}`;
  return JSON.stringify(spec);
}

/** The fast runtime under the next version's number, packed with gzip: built when it is not in the cache. */
export async function upgradeRuntime(): Promise<Uint8Array> {
  const built = await outcomeOf(process.execPath, [join(ROOT, 'tools/chain/build-upgrade.mjs')]);
  if (built.status !== 0) throw new Error(`the next runtime can't be built:\n${built.stderr}`);
  return readFileSync(built.stdout.trim().split('\n').at(-1) ?? '');
}

/** Starts a chain with one validator for each seed, each a process on a network host of its own. */
export async function startTestnet(options: {
  binary: string;
  /** Chain specification as JSON. */
  specification: string;
  validators: readonly Seed[];
}): Promise<Testnet> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-testnet-'));
  const network = await startLabNetwork();
  const spec = join(directory, 'spec.json');
  await writeFile(spec, options.specification);
  const nodes: NodeProcess[] = [];
  const add = async (name: string, seed: Seed): Promise<NodeProcess> => {
    const node = await NodeProcess.prepare(name, seed, join(directory, name), {
      binary: options.binary,
      spec,
      host: await network.host(),
      bootNodes: nodes.map((other) => other.address),
    });
    nodes.push(node);
    return node;
  };
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    await network.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (const seed of options.validators) await add(seed, seed);
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    nodes,
    join: async (name, seed) => {
      const node = await add(name, seed);
      await node.start();
      return node;
    },
    close,
  };
}

interface Setting {
  binary: string;
  spec: string;
  host: LabHost;
  bootNodes: readonly string[];
}

class NodeProcess implements TestnetNode {
  readonly name: string;
  readonly directory: string;
  /** Where peers find it, with its identity. */
  readonly address: string;
  readonly #seed: Seed;
  readonly #setting: Setting;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  static async prepare(name: string, seed: Seed, directory: string, setting: Setting): Promise<NodeProcess> {
    await mkdir(directory);
    const secret = randomBytes(32);
    await writeFile(join(directory, 'node-key'), secret.toString('hex'), { mode: 0o600 });
    const address = `/ip4/${setting.host.address}/tcp/${P2P_PORT}/p2p/${peerId(secret)}`;
    return new NodeProcess({ name, seed, directory, address, setting });
  }

  private constructor(from: { name: string; seed: Seed; directory: string; address: string; setting: Setting }) {
    this.name = from.name;
    this.directory = from.directory;
    this.address = from.address;
    this.#seed = from.seed;
    this.#setting = from.setting;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#setting.host.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(this.url.replace('ws:', 'http:'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const answer = (await response.json()) as { result: T; error?: { message: string } };
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  async heights(): Promise<{ best: number; final: number }> {
    const number = async (hash?: string): Promise<number> =>
      Number((await this.rpc<{ number: string }>('chain_getHeader', ...(hash ? [hash] : []))).number);
    return { best: await number(), final: await number(await this.rpc<string>('chain_getFinalizedHead')) };
  }

  async start(clockSeconds = 0): Promise<void> {
    const { binary, spec, host, bootNodes } = this.#setting;
    const [program = '', ...before] = host.command;
    const log = openSync(join(this.directory, 'log'), 'a');
    const args = [
      ...[`--${this.#seed}`, '--role', 'validator', '--name', this.name],
      ...['--chain', spec, '--base-path', this.directory, '--node-key-file', join(this.directory, 'node-key')],
      ...['--listen-addr', `/ip4/${host.address}/tcp/${P2P_PORT}`, '--no-mdns'],
      ...['--rpc-port', String(host.port), '--rpc-methods', 'unsafe'],
      ...bootNodes.flatMap((address) => ['--bootnodes', address]),
    ];
    const env = { ...process.env, ...(clockSeconds === 0 ? {} : wrongClock(clockSeconds)) };
    const child = spawn(program, [...before, binary, ...args], { env, stdio: ['ignore', log, log] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', resolve));
    const deadline = performance.now() + READY_MS;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`${this.name} did not start:\n${this.log().slice(-3_000)}`);
      }
      const ready = await this.rpc('system_name').catch(() => undefined);
      if (ready !== undefined) return;
      await delay(100);
    }
  }

  async kill(): Promise<void> {
    if (this.#child?.exitCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  plug(connected: boolean): Promise<void> {
    return this.#setting.host.plug(connected);
  }

  log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }
}

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** What this machine lacks for wrong clocks, in words for `ctx.skip`, or `undefined`. */
export function wrongClockLacks(): string | undefined {
  return existsSync(FAKETIME) ? undefined : 'needs libfaketime';
}

/** The environment of a program that sees the time so many seconds later; it measures durations as they are. */
export function wrongClock(seconds: number): NodeJS.ProcessEnv {
  const offset = `${seconds < 0 ? '' : '+'}${seconds}s`;
  return { LD_PRELOAD: FAKETIME, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** The identity that a node's secret ed25519 key gives it in the network (libp2p, Peer Ids). */
function peerId(secret: Buffer): string {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const key = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  const raw = key.export({ format: 'der', type: 'spki' }).subarray(-32);
  return base58Encode(Buffer.concat([Buffer.from('002408011220', 'hex'), raw]));
}

/** Waits until `check` gives something; its last error, or what it waited for, is in the failure. */
export async function eventually<T>(
  what: string,
  milliseconds: number,
  check: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await delay(250);
  }
  throw new Error(`${what} did not come about in ${milliseconds} ms`, { cause: last });
}
