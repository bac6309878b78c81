import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../src/host/paths/server.ts';

/** The development chain as the native node runs it: a block for each transaction, final at once. */
export interface NativeDev {
  readonly url: string;
  /** Of the node itself. */
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_MS = 180_000;

/** Starts `logos chain node --chain dev --instant` from source with that node. Rejects with what it printed when it ends first. */
export async function startNativeDev(binary: string): Promise<NativeDev> {
  const home = await mkdtemp(join(tmpdir(), 'logos-native-'));
  const [port, rpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const entry = join(import.meta.dirname, '../bin/dev.js');
  const args = ['--chain', 'dev', '--instant', '--port', `${port}`, '--rpc-port', `${rpcPort}`];
  const child = spawn(
    process.execPath,
    [entry, 'chain', 'node', ...args, '--metrics-port', `${metricsPort}`, '--json'],
    { env: { ...process.env, LOGOS_HOME: home, LOGOS_NODE: binary }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(home, { recursive: true, force: true });
  };
  const lines: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready:\n${lines.slice(-20).join('\n')}`)), READY_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (!line.startsWith('{"event":"ready"')) return;
      clearTimeout(late);
      resolve((JSON.parse(line) as { url: string }).url);
    });
    exited.then(() => reject(new Error(`the node ended:\n${lines.slice(-20).join('\n')}`)));
  });
  ready.catch(() => {});
  try {
    return { url: await ready, pid: childOf(child.pid ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The process that another one started (proc(5)). */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
