import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ConnectedChain, hostKey } from '../../src/chain/index.ts';
import { type Benchmark, readClaim } from '../../src/host/index.ts';
import type { Reported } from '../../src/service/proofs/rounds.ts';
import type { Cheat } from './cheats.ts';

const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const MACHINE = join(import.meta.dirname, 'machine-child.ts');
const UNIT = 1_000_000_000_000n;
/** For a machine that is busy. */
const LONG_MS = 280_000;

export interface LabMachineOptions {
  /** Its address, one of 127.0.0.0/8. */
  from: string;
  benchmark: Benchmark;
  cheat?: Cheat;
  directory?: string;
  diskMiB?: number;
  /** What its process is started through, such as `taskset -c 0`. */
  through?: readonly string[];
}

export interface LabMachine {
  readonly account: string;
  stop(): Promise<void>;
}

/** The region's side of proofs, as a process of its own over a real chain, and machines that come to it, each a process. */
export class ProofRegion {
  readonly events: Reported[] = [];
  readonly #chain: ConnectedChain;
  readonly #root: string;
  readonly #process: ChildProcess;
  #port = 0;
  #heard: (() => void)[] = [];

  private constructor(chain: ConnectedChain, root: string, process: ChildProcess) {
    this.#chain = chain;
    this.#root = root;
    this.#process = process;
  }

  static async start(chain: ConnectedChain, url: string, root: string): Promise<ProofRegion> {
    const args = [ENTRY, 'internal', 'examine', '--chain', url, '--port', '0', '--json'];
    const env = { ...process.env, LOGOS_HOME: join(root, 'region') };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const region = new ProofRegion(chain, root, child);
    const ready = new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the examiner ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line);
        if (said.event === 'ready') resolve(Number(new URL(said.url).port));
        if (said.event === 'note') region.#hear(said.detail);
      });
    });
    region.#port = await ready;
    return region;
  }

  #hear(event: Reported): void {
    this.events.push(event);
    for (const one of this.#heard) one();
  }

  /** Waits for an event of a kind that holds. */
  async until<K extends Reported['event']>(
    kind: K,
    holds: (event: Extract<Reported, { event: K }>) => boolean,
  ): Promise<Extract<Reported, { event: K }>> {
    const deadline = performance.now() + LONG_MS;
    for (;;) {
      const found = this.events.find((event) => event.event === kind && holds(event as never));
      if (found !== undefined) return found as never;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no such ${kind}:\n${this.events.map((one) => JSON.stringify(one)).join('\n')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#heard.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#heard = [];
    }
  }

  /** A machine that the chain admitted with its claim, and that lets the region ask. */
  async machine(options: LabMachineOptions): Promise<LabMachine> {
    const { from, benchmark, cheat = 'none', diskMiB = 0, through = [] } = options;
    const home = join(this.#root, randomBytes(4).toString('hex'));
    await mkdir(home, { recursive: true });
    const claim = { inventory: { memory: { usableMiB: 8_000 } }, benchmark };
    const file = join(home, 'claim.json');
    await writeFile(file, JSON.stringify(claim));
    const keys = join(home, 'keys');
    const signer = await hostKey(keys, { create: true });
    await this.#chain.fund(signer.address, 1_000n * UNIT);
    const inventory = readClaim(JSON.parse(JSON.stringify(claim)))?.digest ?? '';
    const admission = { class: 'compute-2', path: 'kvm', inventory, gatekeeper: '0.1.0' } as const;
    await this.#chain.admit(signer, randomBytes(32).toString('hex'), admission);
    const directory = options.directory ?? home;
    const task = JSON.stringify({ from, port: this.#port, keys, claim: file, directory, diskMiB, cheat });
    const [command = '', ...args] = [...through, process.execPath, MACHINE, task];
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = once(child, 'exit');
    return {
      account: signer.address,
      stop: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
