import { Turns } from './turns.ts';
import { ClientGone } from './waiting.ts';
import type { WorkerProcess } from './worker-process.ts';

const MOST_WAITING = 64;

/** One client's place for a worker: it keeps the same one, so that what one client's kernels did to it is no other's affair. */
export interface WorkerSeat {
  worker?: WorkerProcess;
  isBusy: boolean;
}

/** The workers of a service: at most `most` at once, and one that is ready for the next client. */
export class WorkerPool {
  readonly #most: number;
  readonly #start: () => Promise<WorkerProcess>;
  readonly #turns: Turns;
  readonly #seats = new Set<WorkerSeat>();
  #spare: Promise<WorkerProcess> | undefined;
  #isClosed = false;

  constructor(most: number, start: () => Promise<WorkerProcess>) {
    this.#most = most;
    this.#start = start;
    this.#turns = new Turns(most, MOST_WAITING);
  }

  /** Has a worker ready; gives it, so that a machine that can't make one says so before anybody asks. */
  async prepare(): Promise<WorkerProcess> {
    this.#spare ??= this.#start();
    try {
      return await this.#spare;
    } catch (error) {
      this.#spare = undefined;
      throw error;
    }
  }

  seat(): WorkerSeat {
    const seat: WorkerSeat = { isBusy: false };
    this.#seats.add(seat);
    return seat;
  }

  leave(seat: WorkerSeat): void {
    seat.worker?.kill();
    this.#seats.delete(seat);
  }

  /** The seat's worker for one job, and what gives it back. Throws `gpu-busy`, `sandbox-unavailable`, the signal's reason. */
  async take(seat: WorkerSeat, signal: AbortSignal): Promise<{ worker: WorkerProcess; done: () => void }> {
    const leave = await this.#turns.take(signal);
    const done = () => {
      seat.isBusy = false;
      if (!seat.worker?.isAlive) seat.worker = undefined;
      leave();
    };
    seat.isBusy = true;
    try {
      if (!seat.worker?.isAlive) seat.worker = await this.#another();
      const { worker } = seat;
      // Who left while it was made will not give it back, and `close` does not know it.
      if (this.#isClosed || !this.#seats.has(seat)) {
        worker.kill();
        throw new ClientGone();
      }
      return { worker, done };
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Ends the workers of clients that have no job now: they cost memory, and the next job starts another. */
  rest(): void {
    for (const seat of this.#seats)
      if (!seat.isBusy && seat.worker !== undefined) {
        seat.worker.kill();
        seat.worker = undefined;
      }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const seat of this.#seats) seat.worker?.kill();
    const spare = await this.#spare?.catch(() => undefined);
    spare?.kill();
    await spare?.ended();
  }

  async #another(): Promise<WorkerProcess> {
    const live = [...this.#seats].filter(({ worker }) => worker?.isAlive);
    if (live.length >= this.#most) {
      const idle = live.find(({ isBusy }) => !isBusy);
      idle?.worker?.kill();
    }
    // Taken before it is waited for: it is one client's only.
    const kept = this.#spare;
    this.#spare = undefined;
    const spare = await kept?.catch(() => undefined);
    const worker = spare?.isAlive ? spare : await this.#start();
    if (!this.#isClosed && this.#spare === undefined) {
      this.#spare = this.#start();
      // It is asked for again, and told then, when it is needed.
      this.#spare.catch(() => {});
    }
    return worker;
  }
}
