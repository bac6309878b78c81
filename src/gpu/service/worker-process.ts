import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { ExternalError } from '../../system/errors.ts';
import { prepareLimits } from '../../system/sandbox/limits.ts';
import { CHANNEL_FD, type StartedSandbox, sandboxUnavailable, startSandbox } from '../../system/sandbox/start.ts';
import type { ComputeDevice } from '../devices/types.ts';
import { type Frame, type FrameKind, FrameStream, jsonOf } from '../frames.ts';
import { failureSchema } from '../job.ts';
import { JobError } from '../opencl/errors.ts';
import { Printed } from './printed.ts';
import { planWorker, type WorkerHost } from './sandbox.ts';

/** Node, the compiler, and what a driver keeps, beside the buffers. Bytes. */
const OVERHEAD_BYTES = 1024 ** 3;
const SCRATCH_BYTES = 256 * 1024 ** 2;
const START_MS = 60_000;
/** From the end of a worker's channel to that of its process. */
const END_MS = 2_000;
/** Threads of node and of a driver, beside one for each processor. */
const TASKS = 64;

export interface WorkerOptions {
  readonly host: WorkerHost;
  /** Most that a job's buffers have together, in bytes. */
  readonly memoryBytes: number;
  /** Processors that a worker may keep busy. */
  readonly processors: number;
}

const text = z.string().max(1_024);
const amount = z.number().min(0).nullable();
const deviceSchema: z.ZodType<ComputeDevice> = z.object({
  name: text,
  platform: text,
  api: z.enum(['opencl', 'rocm']),
  memoryBytes: amount,
  computeUnits: amount,
  vendor: text,
  kind: z.enum(['gpu', 'accelerator', 'cpu', 'other']),
  version: text.nullable(),
  driver: text.nullable(),
  languageVersion: text.nullable(),
  intermediate: z.array(text).max(64),
  clockMHz: amount,
  limits: z.object({
    allocationBytes: amount,
    localMemoryBytes: amount,
    workGroupSize: amount,
    workItemSizes: z.array(z.number()).max(8),
  }),
});
const helloSchema = z.object({ devices: z.array(deviceSchema).max(256) });

/** A worker as its service sees it: nothing that it says is trusted but as this one job's answer. */
export class WorkerProcess {
  readonly devices: readonly ComputeDevice[];
  readonly input: Writable;
  readonly printed: Printed;
  /** Whether nothing of any client has been in it. */
  isFresh = true;
  readonly #started: StartedSandbox;
  readonly #frames: FrameStream;
  #isAlive = true;

  private constructor(
    started: StartedSandbox,
    frames: FrameStream,
    printed: Printed,
    devices: readonly ComputeDevice[],
  ) {
    this.#started = started;
    this.#frames = frames;
    this.printed = printed;
    this.devices = devices;
    this.input = started.stream(CHANNEL_FD);
    void started.ended.then(() => {
      this.#isAlive = false;
    });
  }

  /** Throws ExternalError `sandbox-unavailable`. */
  static async start({ host, memoryBytes, processors }: WorkerOptions): Promise<WorkerProcess> {
    const threads = Math.max(1, Math.ceil(processors));
    const limits = await prepareLimits(
      { tasks: TASKS + 2 * threads, memory: memoryBytes + OVERHEAD_BYTES, processors },
      host.isRoot,
    );
    const started = startSandbox(planWorker(host, { scratchBytes: SCRATCH_BYTES, threads }), {
      prefix: limits.prefix,
      converses: true,
    });
    void started.ended.then(() => limits.end());
    started.followed.catch(() => {});
    // A worker that ended is noticed by its channel.
    started.stream(CHANNEL_FD).on('error', () => {});
    const printed = new Printed([started.stream(1), started.stream(2)] as Readable[], () =>
      started.child.kill('SIGKILL'),
    );
    const timer = setTimeout(() => started.child.kill('SIGKILL'), START_MS);
    try {
      const frames = new FrameStream(started.stream(CHANNEL_FD));
      const hello = await frames.next();
      if (hello?.kind !== 'hello') {
        const how = await started.ended;
        throw sandboxUnavailable('signal' in how ? { code: 1 } : how, printed.lastLine());
      }
      return new WorkerProcess(started, frames, printed, helloSchema.parse(jsonOf(hello)).devices);
    } catch (error) {
      started.child.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** The next frame. Throws ExternalError `gpu-worker-died`, and JobError where the worker says that it can't do the job. */
  async next(): Promise<Frame> {
    const frame = await this.#frames.next().catch(() => undefined);
    if (frame === undefined) throw await this.#death();
    if (frame.kind !== 'error') return frame;
    const { code, message, log } = failureSchema.parse(jsonOf(frame));
    throw new JobError(code, message, log);
  }

  /** The JSON of the next frame, which has to be of this kind. */
  async expect<T>(kind: FrameKind, schema: z.ZodType<T>): Promise<T> {
    const frame = await this.next();
    const parsed = frame.kind === kind ? schema.safeParse(jsonOf(frame)) : undefined;
    if (parsed?.success) return parsed.data;
    this.kill();
    throw workerDied('it said what no worker says');
  }

  kill(): void {
    this.#isAlive = false;
    this.#started.child.kill('SIGKILL');
  }

  async ended(): Promise<void> {
    await this.#started.ended;
  }

  async #death(): Promise<ExternalError> {
    // Its channel is closed, so it is ending: how, is told when it has.
    const late = setTimeout(() => this.kill(), END_MS);
    await Promise.all([this.#started.ended, this.#started.followed.catch(() => {})]);
    clearTimeout(late);
    if (this.printed.isFlood) return workerDied('its kernels printed too much');
    const { exitCode } = this.#started.status;
    if (exitCode !== undefined && exitCode > 128) return workerDied(`signal ${exitCode - 128} ended it`);
    return workerDied(exitCode === undefined ? 'it was killed' : `it ended with exit code ${exitCode}`);
  }
}

/** The error for a worker that ended, or is to be ended, in the middle of a job. */
export function workerDied(because: string): ExternalError {
  return new ExternalError('gpu-worker-died', `The job took its worker with it: ${because}.`, {
    nextSteps: ['Look for accesses outside of the buffers, recursion, and arrays too large for a work item.'],
  });
}
