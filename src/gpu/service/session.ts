import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { toLogosError } from '../../system/errors.ts';
import type { ComputeDevice } from '../devices/types.ts';
import { type Frame, FrameStream, frameHead, jsonOf, protocolError, sendJson, writeAll } from '../frames.ts';
import {
  inputBytes,
  type JobHeader,
  type JobResult,
  type JobTimings,
  jobSchema,
  outputBytes,
  refusal,
  type ServiceLimits,
} from '../job.ts';
import { JobError } from '../opencl/errors.ts';
import { type KernelCache, MAX_BINARY_BYTES, programKey } from './kernel-cache.ts';
import type { WorkerPool, WorkerSeat } from './pool.ts';
import type { Turns } from './turns.ts';
import { ClientGone, patience, SILENT_MS, within } from './waiting.ts';
import { type WorkerProcess, workerDied } from './worker-process.ts';

/** What all clients of a service share. */
export interface SharedService {
  readonly pool: WorkerPool;
  readonly cache: KernelCache;
  /** The device's own queue: one job runs at a time, so that its time is its own. */
  readonly turns: Turns;
  readonly limits: ServiceLimits;
  readonly devices: readonly ComputeDevice[];
}

/** A client that says nothing between jobs is let go. */
const IDLE_MS = 600_000;
/** What a client may go on sending for a job that was refused, in bytes. */
const TOLERATED_BYTES = 64 * 1024 * 1024;

const ready = z.object({
  program: z.enum(['compiled', 'cached', 'kept']),
  compileMs: z.number().min(0),
  binaryBytes: z.int().min(0).max(MAX_BINARY_BYTES),
});
const ran = z.object({ runMs: z.number().min(0) });

/** The conversation with one client: jobs, one after the other. Nothing that it sends ends more than this conversation. */
export class Session {
  readonly #stream: Duplex;
  readonly #frames: FrameStream;
  readonly #service: SharedService;
  readonly #seat: WorkerSeat;
  /** Bytes that the client may still be sending for a job that is over. */
  #owed = 0;

  constructor(stream: Duplex, service: SharedService) {
    this.#stream = stream;
    this.#frames = new FrameStream(stream);
    this.#service = service;
    this.#seat = service.pool.seat();
    stream.on('error', () => {});
  }

  /** Resolves when the client left or broke the rules. */
  async serve(): Promise<void> {
    const { limits, devices, pool } = this.#service;
    try {
      await sendJson(this.#stream, 'hello', { limits, devices });
      for (let frame = await this.#nextJob(); frame !== undefined; frame = await this.#nextJob())
        await this.#answer(frame);
    } catch (error) {
      if (!(error instanceof ClientGone)) await this.#fail(error).catch(() => {});
    } finally {
      pool.leave(this.#seat);
      this.#stream.end();
      // Who was told why should have read it before the connection is cut.
      setTimeout(() => this.#stream.destroy(), 1_000).unref();
      this.#stream.resume();
    }
  }

  async #nextJob(): Promise<Frame | undefined> {
    for (;;) {
      const frame = await within(IDLE_MS, this.#frames.next(), () => protocolError('nothing came for a long time'));
      if (frame === undefined || frame.kind === 'job') return frame;
      // A cancelled job may have ended before.
      if (frame.kind === 'cancel') continue;
      this.#owed -= frame.kind === 'data' ? frame.payload.length : Number.POSITIVE_INFINITY;
      if (this.#owed < 0) throw protocolError(`${frame.kind} came where a job was expected`);
    }
  }

  async #answer(frame: Frame): Promise<void> {
    this.#owed = TOLERATED_BYTES;
    try {
      await this.#job(jsonOf(frame));
      this.#owed = 0;
    } catch (error) {
      if (error instanceof ClientGone || this.#stream.destroyed) throw error;
      await this.#fail(error);
      if ((error as { code?: unknown }).code === 'gpu-protocol') throw new ClientGone();
    }
  }

  async #job(value: unknown): Promise<void> {
    const parsed = jobSchema.safeParse(value);
    if (!parsed.success) throw new JobError('gpu-job-invalid', `This is no job: ${z.prettifyError(parsed.error)}`);
    const job = parsed.data;
    const refused = refusal(job, this.#service.limits, this.#service.devices.length);
    if (refused !== undefined) throw new JobError('gpu-job-refused', `The service does not take the job: ${refused}.`);
    const program = await this.#receive(job.program.bytes);
    const began = performance.now();
    // What an earlier job left behind may end a worker before this one has begun: then another does it.
    while (await this.#tried(job, program, began));
  }

  /** Does the job; true where its worker was used before and of no use any more, so that nothing was done. */
  async #tried(job: JobHeader, program: Uint8Array, began: number): Promise<boolean> {
    const { worker, done } = await this.#during((signal) => this.#service.pool.take(this.#seat, signal));
    const { isFresh } = worker;
    try {
      const compiled = await this.#compile(worker, job, program).catch((error: unknown) => {
        if (isFresh || (error as { code?: unknown }).code !== 'gpu-worker-died') throw error;
        return undefined;
      });
      if (compiled === undefined) return true;
      await this.#carryOut(worker, job, { ...compiled, began }).catch((error: unknown) => {
        worker.kill();
        throw error;
      });
      return false;
    } catch (error) {
      // Where it does not say itself that it can't compile this, what it was doing is not known any more.
      if (!(error instanceof JobError) || error.code === 'gpu-time-over') worker.kill();
      throw error;
    } finally {
      done();
    }
  }

  async #carryOut(
    worker: WorkerProcess,
    job: JobHeader,
    { how, compileMs, began }: { how: JobResult['program']; compileMs: number; began: number },
  ): Promise<void> {
    let queueMs = performance.now() - began - compileMs;
    await this.#sending(sendJson(this.#stream, 'ready', {}));
    this.#owed = inputBytes(job);
    const uploadMs = await timed(() => this.#upload(worker, job));
    const asked = performance.now();
    const leave = await this.#during((signal) => this.#service.turns.take(signal));
    queueMs += performance.now() - asked;
    let runMs: number;
    try {
      await sendJson(worker.input, 'run', {});
      const seconds = job.seconds ?? this.#service.limits.seconds;
      const running = () => within(seconds * 1_000, worker.expect('run', ran), () => timeOver(seconds));
      ({ runMs } = await this.#during(running));
    } finally {
      leave();
    }
    const downloadMs = await timed(() => this.#download(worker, job));
    const timings: JobTimings = { queueMs: Math.max(0, queueMs), compileMs, transferMs: uploadMs + downloadMs, runMs };
    const result: JobResult = { timings, program: how, ...(await worker.printed.take()) };
    await this.#sending(sendJson(this.#stream, 'result', result));
  }

  async #compile(worker: WorkerProcess, job: JobHeader, program: Uint8Array) {
    const { cache, devices, limits } = this.#service;
    const key = programKey(job.program, program, devices[job.device]);
    const binary = cache.get(key);
    const wantedBytes = worker.isFresh && binary === undefined ? MAX_BINARY_BYTES : 0;
    worker.isFresh = false;
    worker.printed.begin();
    const work = async () => {
      await sendJson(worker.input, 'job', { job, key, binaryBytes: binary?.length ?? 0, wantedBytes });
      await writeAll(worker.input, program, ...(binary === undefined ? [] : [binary]));
      const { program: how, compileMs, binaryBytes } = await worker.expect('ready', ready);
      if (binaryBytes > wantedBytes) throw workerDied('it sent what nobody asked for');
      if (binaryBytes > 0) cache.add(key, await collect(() => worker.next(), binaryBytes));
      return { how, compileMs };
    };
    const { compileSeconds } = limits;
    return this.#during(() => within(compileSeconds * 1_000, work(), () => timeOver(compileSeconds)));
  }

  /** The input, on to the worker as it comes. */
  async #upload(worker: WorkerProcess, job: JobHeader): Promise<void> {
    const wait = patience(inputBytes(job));
    for (let left = inputBytes(job); left > 0; ) {
      const { payload } = await this.#data(left, wait());
      left -= payload.length;
      this.#owed = left;
      // A worker that is gone says why.
      const sent = writeAll(worker.input, payload).catch(() => worker.next().then(() => {}));
      await within(SILENT_MS, sent, () => workerDied('it stopped'));
    }
  }

  /** The output, on to the client as it comes: exactly as much as the job has. */
  async #download(worker: WorkerProcess, job: JobHeader): Promise<void> {
    const wait = patience(outputBytes(job));
    for (let left = outputBytes(job); left > 0; ) {
      const { kind, payload } = await within(SILENT_MS, worker.next(), () => workerDied('it stopped'));
      if (kind !== 'data' || payload.length > left) throw workerDied('it sent what nobody asked for');
      left -= payload.length;
      await this.#sending(writeAll(this.#stream, frameHead('data', payload.length), payload), wait());
    }
  }

  async #receive(length: number): Promise<Uint8Array> {
    const wait = patience(length);
    const bytes = await collect(() => this.#data(length, wait()), length);
    this.#owed = 0;
    return bytes;
  }

  /** The client's next data, of which there are `left` bytes to come. */
  async #data(left: number, ms: number): Promise<Frame> {
    const frame = await within(ms, this.#frames.next(), () =>
      protocolError('the data stopped coming, or came too slowly'),
    );
    if (frame === undefined) throw new ClientGone();
    if (frame.kind === 'cancel') throw cancelled();
    if (frame.kind !== 'data') throw protocolError(`${frame.kind} came where data was expected`);
    if (frame.payload.length > left) throw protocolError('more data came than the job has');
    return frame;
  }

  #sending(work: Promise<void>, ms = SILENT_MS): Promise<void> {
    return within(ms, work, () => protocolError('the client does not read'));
  }

  /** Waits for `work`, unless the client leaves or calls the job off before. */
  async #during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const call = new AbortController();
    let isOver = false;
    const working = work(call.signal).finally(() => {
      isOver = true;
    });
    const client = this.#frames.peek().then(async (frame) => {
      // What comes later is for whoever waits then.
      if (isOver) return working;
      if (frame === undefined) throw new ClientGone();
      if (frame.kind === 'data' && this.#owed > 0) return working;
      await this.#frames.next();
      throw frame.kind === 'cancel' ? cancelled() : protocolError(`${frame.kind} came in the middle of a job`);
    });
    try {
      return await Promise.race([working, client]);
    } catch (error) {
      call.abort(error);
      // Came too late, so nobody will give it back.
      working.then(giveBack, () => {});
      throw error;
    }
  }

  #fail(error: unknown): Promise<void> {
    const { code, message } = error instanceof JobError ? error : toLogosError(error);
    const log = error instanceof JobError && error.log !== undefined ? { log: error.log } : {};
    return this.#sending(sendJson(this.#stream, 'error', { code, message: message.slice(0, 4_000), ...log }));
  }
}

async function collect(next: () => Promise<Frame>, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const { kind, payload } = await next();
    if (kind !== 'data' || payload.length > length - at) throw workerDied('it sent what nobody asked for');
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

function giveBack(taken: unknown): void {
  if (typeof taken === 'function') taken();
  else if (typeof taken === 'object' && taken !== null && 'done' in taken) (taken.done as () => void)();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function timeOver(seconds: number): JobError {
  return new JobError('gpu-time-over', `The job did not end in its ${seconds} seconds.`);
}

function cancelled(): JobError {
  // Its worker is in the middle of it and can't be asked to stop.
  return new JobError('gpu-time-over', 'The job was called off by its sender.');
}
