import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface LabChainOptions {
  /** Default: a temporary directory, removed by `stop`. */
  directory?: string;
  /** Default: any free one. */
  port?: number;
  /** Milliseconds; default 0: blocks for transactions only. */
  blockTimeMs?: number;
  /** Starts it elsewhere than beside the test, with its output in pipes. */
  start?: (command: string, args: readonly string[]) => ChildProcess;
}

/** A development chain in a process of its own. */
export interface LabChain {
  readonly url: string;
  readonly directory: string;
  readonly pid: number;
  /** From the start of the process until the chain answered, milliseconds. */
  readonly readyMs: number;
  /** Ends the process as a user would, and removes what was temporary. */
  stop(): Promise<void>;
  /** Ends the process as a power cut would, and keeps the directory. */
  kill(): Promise<void>;
}

const READY_MS = 180_000;

/** Starts `logos chain dev` from source and waits until it answers. Rejects with what it printed when it ends first. */
export async function startLabChain(options: LabChainOptions = {}): Promise<LabChain> {
  const temporary = options.directory === undefined;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'logos-chain-')));
  const began = performance.now();
  const child = spawnDevChain(directory, options);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  try {
    const url = await untilReady(child);
    return {
      url,
      directory,
      pid: child.pid ?? 0,
      readyMs: performance.now() - began,
      stop: async () => {
        await end('SIGTERM');
        if (temporary) await rm(directory, { recursive: true, force: true });
      },
      kill: () => end('SIGKILL'),
    };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

/** The process alone, for tests that don't want to wait. */
export function spawnDevChain(directory: string, options: LabChainOptions = {}): ChildProcess {
  const entry = join(import.meta.dirname, '../bin/dev.js');
  const flags = [
    '--dir',
    directory,
    '--port',
    String(options.port ?? 0),
    '--block-time',
    String(options.blockTimeMs ?? 0),
  ];
  const { start = (command, args) => spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }) } = options;
  return start(process.execPath, [entry, 'chain', 'dev', '--json', ...flags]);
}

function untilReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    const timer = setTimeout(
      () => reject(new Error(`not ready after ${READY_MS} ms:\n${printed.join('\n')}`)),
      READY_MS,
    );
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the chain ended (${code ?? signal}):\n${printed.join('\n')}`));
    });
    child.stderr?.on('data', (data: Buffer) => printed.push(data.toString()));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      printed.push(line);
      if (!line.startsWith('{"event":"ready"')) return;
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    });
  });
}
