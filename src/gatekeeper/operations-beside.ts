import { systemClock } from '../system/clock.ts';
import type { OperationStep } from './operation-runner.ts';

/** How long a pass waits for work that it began, in milliseconds: most commands end within it. */
const QUICK_MS = 2_000;

/** Operations that take long, each worked on beside the passes, and by one work at a time. */
export class OperationsBeside {
  readonly #works = new Map<bigint, Promise<OperationStep>>();

  has(id: bigint): boolean {
    return this.#works.has(id);
  }

  /** Those that are worked on now. */
  ids(): ReadonlySet<bigint> {
    return new Set(this.#works.keys());
  }

  /** Begins `work`, which must not throw, and gives how it ended, or that it goes on beside. */
  async begin(id: bigint, work: () => Promise<OperationStep>): Promise<OperationStep> {
    const mine = work().finally(() => this.#works.delete(id));
    this.#works.set(id, mine);
    const ended = new AbortController();
    // By the real time: what a tool needs of it is not shortened by anything.
    const late = systemClock.sleep(QUICK_MS, ended.signal).then(() => isRunning(id));
    try {
      return await Promise.race([mine, late]);
    } finally {
      ended.abort();
    }
  }

  /** Waits until nothing is worked on any more. */
  async idle(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works.values());
  }
}

export function isRunning(id: bigint): OperationStep {
  return { id, step: 'waiting', code: 'command-running', reason: 'its command is still running' };
}
