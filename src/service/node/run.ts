import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { nodeCommand } from './arguments.ts';
import { nodeFailure } from './failures.ts';
import { checkPorts, prepareNode } from './prepare.ts';
import type { NodeSettings } from './settings.ts';
import type { Specification } from './specification.ts';

/** The node says so when it takes requests. */
const READY = /Running JSON-RPC server/;
const KEPT_LINES = 60;

export interface RunOptions {
  /** Blocks on demand, made with the development chain's known key. */
  instant: boolean;
  /** Ends the node. */
  signal: AbortSignal;
  onReady: () => void;
  /** Each line that the node prints. */
  onLine: (line: string) => void;
}

/** Runs a node as a child of this process until `signal` is aborted. Throws like `startNode` when it ends before. */
export async function runNode(
  settings: NodeSettings,
  specification: Specification,
  { instant, signal, onReady, onLine }: RunOptions,
): Promise<void> {
  await prepareNode(settings, specification);
  await checkPorts(settings);
  const [program = '', ...args] = nodeCommand(settings);
  const child = spawn(program, [...args, ...(instant ? ['--sealing', 'instant', '--alice'] : [])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    onLine(line);
    if (READY.test(line)) onReady();
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  }).finally(() => signal.removeEventListener('abort', stop));
  if (!signal.aborted) throw nodeFailure(lines, settings);
}
