import { Worker } from 'node:worker_threads';
import { Bug } from '../../system/errors.ts';
import { MIN_WINDOWS, TARGET_DISPERSION, type Window } from './figure.ts';
import { dispersion } from './statistics.ts';
import { WORKER_SOURCE, type WorkerInput, type WorkerMessage } from './worker.ts';

export interface MeasureOptions {
  threads: number;
  work: WorkerInput['work'];
  /** Wall milliseconds after which it ends with what it has, warm-up included. */
  maxMs: number;
  maxWindows?: number;
  signal?: AbortSignal;
}

const WINDOW_SECONDS = 0.05;

/**
 * Runs the work on that many threads at once, in windows of about 50 ms of CPU time after a warm-up, until the windows
 * agree to 3 % or a bound is reached. A window of several threads is the sum of their rates, each for a second of its own
 * thread's CPU time. Where not one window ended in time, the last of the warm-up stands alone. Throws the signal's reason when aborted.
 */
export async function measure(options: MeasureOptions): Promise<Window[]> {
  const { threads, maxMs, maxWindows = 60, signal } = options;
  signal?.throwIfAborted();
  const gate = new SharedArrayBuffer(4);
  const input: WorkerInput = { work: options.work, gate, windowSeconds: WINDOW_SECONDS };
  const workers = Array.from({ length: threads }, () => new Worker(WORKER_SOURCE, { eval: true, workerData: input }));
  try {
    return await collect(workers, gate, { maxMs, maxWindows, signal });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function collect(
  workers: readonly Worker[],
  gate: SharedArrayBuffer,
  { maxMs, maxWindows, signal }: { maxMs: number; maxWindows: number; signal?: AbortSignal },
): Promise<Window[]> {
  const windows = workers.map((): Window[] => []);
  const warmUps = workers.map((): Window[] => []);
  let ready = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(), maxMs);
    const abort = (): void => settle(() => reject(signal?.reason));
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      act();
    };
    // So little CPU time that not one window ended: the last of the warm-up is worth more than nothing.
    const end = (): void =>
      settle(() => resolve(windows.every((list) => list.length > 0) ? combine(windows) : combine(warmUps)));
    signal?.addEventListener('abort', abort, { once: true });
    for (const [index, worker] of workers.entries()) {
      worker.on('error', (error) =>
        settle(() => reject(new Bug(`A benchmark thread failed: ${error.message}`, error))),
      );
      worker.on('message', (message: WorkerMessage) => {
        if (message === 'ready') {
          ready += 1;
          if (ready === workers.length) open(gate);
          return;
        }
        if ('warmUp' in message) {
          warmUps[index] = [message.warmUp];
          return;
        }
        windows[index]?.push(message.window);
        if (index === 0 && isEnough(combine(windows), maxWindows)) end();
      });
    }
  });
}

function open(gate: SharedArrayBuffer): void {
  const flag = new Int32Array(gate);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

function isEnough(windows: readonly Window[], maxWindows: number): boolean {
  if (windows.length < MIN_WINDOWS) return false;
  return windows.length >= maxWindows || dispersion(windows.map((window) => window.rate)) <= TARGET_DISPERSION;
}

/** Window i of all threads together, as far as each of them has one. */
function combine(threads: readonly (readonly Window[])[]): Window[] {
  const count = Math.min(...threads.map((windows) => windows.length));
  return Array.from({ length: count }, (_, index) => {
    const parts = threads.flatMap((windows) => windows[index] ?? []);
    const sum = (field: keyof Window): number => parts.reduce((total, part) => total + part[field], 0);
    return { rate: sum('rate'), cpuSeconds: sum('cpuSeconds'), wallSeconds: sum('wallSeconds') };
  });
}
