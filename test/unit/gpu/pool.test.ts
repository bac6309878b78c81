import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WorkerPool } from '../../../src/gpu/service/pool.ts';
import type { WorkerProcess } from '../../../src/gpu/service/worker-process.ts';

/** A pool of workers that only live and die, and those that it started. */
function poolOf(most: number) {
  const started: { isAlive: boolean }[] = [];
  const pool = new WorkerPool(most, async () => {
    await setTimeout(20);
    const worker = {
      isAlive: true,
      kill: () => {
        worker.isAlive = false;
      },
      ended: async () => {},
    };
    started.push(worker);
    return worker as unknown as WorkerProcess;
  });
  return { pool, alive: () => started.filter(({ isAlive }) => isAlive).length };
}

const never = new AbortController().signal;

it('gives two clients that ask at once a worker each, and ends all when it closes', async () => {
  const { pool, alive } = poolOf(2);
  void pool.prepare();
  const [a, b] = await Promise.all([pool.take(pool.seat(), never), pool.take(pool.seat(), never)]);
  expect(a.worker).not.toBe(b.worker);
  await pool.close();
  expect(alive()).toBe(0);
});

it('ends the worker of a client that left while it was made', async () => {
  const { pool, alive } = poolOf(2);
  for (let client = 0; client < 5; client += 1) {
    const seat = pool.seat();
    const taken = pool.take(seat, never);
    pool.leave(seat);
    await expect(taken).rejects.toThrow();
  }
  await pool.close();
  expect(alive()).toBe(0);
});
