import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { ExternalError } from '../system/errors.ts';
import { addressText, type GpuAddress } from './address.ts';
import type { ComputeDevice } from './devices/types.ts';
import { type Frame, FrameStream, jsonOf, protocolError, sendData, sendJson } from './frames.ts';
import {
  failureSchema,
  type JobRequest,
  type JobResult,
  jobSchema,
  limitsSchema,
  resultSchema,
  type ServiceLimits,
} from './job.ts';

/** A buffer of a job: `input` is what it holds at first (zeros where absent), `output` whether it is sent back. */
export interface GpuBuffer {
  readonly input?: Uint8Array;
  /** Where there is no input. */
  readonly bytes?: number;
  readonly output?: boolean;
}

export interface GpuJob extends Pick<JobRequest, 'launches' | 'device' | 'seconds'> {
  /** OpenCL C, or SPIR-V. */
  readonly program: string | Uint8Array;
  readonly options?: readonly string[];
  readonly buffers?: readonly GpuBuffer[];
}

export interface GpuOutcome extends JobResult {
  /** The buffers that were asked back, each at its own place. */
  readonly outputs: readonly (Buffer | undefined)[];
  /** From the job's sending to the last byte of its result, in milliseconds. */
  readonly totalMs: number;
}

const helloSchema = z.object({ limits: limitsSchema, devices: z.array(z.looseObject({ name: z.string() })).max(256) });

/** A connection to a GPU service: one job at a time. */
export class GpuClient {
  readonly devices: readonly ComputeDevice[];
  readonly limits: ServiceLimits;
  readonly #socket: Socket;
  readonly #frames: FrameStream;

  private constructor(socket: Socket, frames: FrameStream, hello: z.output<typeof helloSchema>) {
    this.#socket = socket;
    this.#frames = frames;
    this.devices = hello.devices as unknown as ComputeDevice[];
    this.limits = hello.limits;
  }

  /** Throws ExternalError `gpu-unreachable`, `gpu-protocol`. */
  static async connect(address: GpuAddress): Promise<GpuClient> {
    const socket = connect(address);
    if ('port' in address) socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', (cause) => reject(unreachable(address, cause)));
    });
    socket.on('error', () => {});
    const frames = new FrameStream(socket);
    try {
      return new GpuClient(socket, frames, helloSchema.parse(jsonOf(await expected(frames, 'hello'))));
    } catch (error) {
      socket.destroy();
      throw error instanceof z.ZodError ? protocolError('it does not say what it offers') : error;
    }
  }

  /**
   * Has a job done. Throws ExternalError: `gpu-job-invalid`, `gpu-job-refused`, `gpu-build-failed` (with the compiler's words),
   * `gpu-spirv-unsupported`, `gpu-failed`, `gpu-time-over`, `gpu-worker-died`, `gpu-busy`, `gpu-protocol`. All but the last leave the
   * connection as it was.
   */
  async run(job: GpuJob, { signal }: { signal?: AbortSignal } = {}): Promise<GpuOutcome> {
    const began = performance.now();
    const cancel = () => void sendJson(this.#socket, 'cancel', {}).catch(() => {});
    signal?.throwIfAborted();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const program = typeof job.program === 'string' ? Buffer.from(job.program) : job.program;
      const request = requestOf(job, program.length);
      await sendJson(this.#socket, 'job', request);
      await this.#send(program);
      await expected(this.#frames, 'ready');
      for (const { input } of job.buffers ?? []) if (input !== undefined) await this.#send(input);
      const outputs = await this.#outputs(request);
      const result = resultSchema.parse(jsonOf(await expected(this.#frames, 'result')));
      return { ...result, outputs, totalMs: performance.now() - began };
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends until the service says something: that is a refusal then, and what comes next reads it. */
  async #send(bytes: Uint8Array): Promise<void> {
    let isRefused = false;
    const refuse = () => {
      isRefused = true;
    };
    this.#frames.peek().then(refuse, refuse);
    await sendData(this.#socket, bytes, () => isRefused).catch(() => {});
  }

  async #outputs(request: JobRequest): Promise<(Buffer | undefined)[]> {
    const { buffers } = jobSchema.parse(request);
    const outputs = buffers.map(({ bytes, output }) => (output ? Buffer.allocUnsafe(bytes) : undefined));
    for (const output of outputs)
      for (let at = 0; output !== undefined && at < output.length; ) {
        const { payload } = await expected(this.#frames, 'data');
        at += payload.length;
        if (at > output.length) throw protocolError('more came back than was asked for');
        output.set(payload, at - payload.length);
      }
    return outputs;
  }
}

/** A job as it travels, its bytes apart. */
export function requestOf(
  { options = [], buffers = [], launches, device, seconds, program }: GpuJob,
  bytes: number,
): JobRequest {
  return {
    program: { kind: typeof program === 'string' ? 'source' : 'spirv', bytes, options: [...options] },
    buffers: buffers.map(({ input, bytes: size = 0, output = false }) => ({
      bytes: input?.length ?? size,
      input: input !== undefined,
      output,
    })),
    launches,
    ...(device !== undefined && { device }),
    ...(seconds !== undefined && { seconds }),
  };
}

async function expected(frames: FrameStream, kind: Frame['kind']): Promise<Frame> {
  const frame = await frames.next().catch((error: Error) => {
    throw 'code' in error && error.code === 'gpu-protocol' ? error : protocolError(error.message);
  });
  if (frame === undefined) throw protocolError('the service closed the connection');
  if (frame.kind === kind) return frame;
  if (frame.kind !== 'error') throw protocolError(`${frame.kind} came in the place of ${kind}`);
  const { code, message, log } = failureSchema.parse(jsonOf(frame));
  throw new ExternalError(code, message, { lastLines: log?.split('\n') ?? [], nextSteps: STEPS[code] ?? [] });
}

/** What to do about a job that failed. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  'gpu-build-failed': ['Mend the program where the compiler says so.'],
  'gpu-time-over': ['Give the job more time (`seconds`), or less to do.'],
  'gpu-busy': ['Send the job again later.'],
  'gpu-worker-died': ['Look for accesses outside of the buffers, recursion, and arrays too large for a work item.'],
};

function unreachable(address: GpuAddress, cause: Error): ExternalError {
  return new ExternalError('gpu-unreachable', `No GPU service answers at ${addressText(address)}: ${cause.message}`, {
    cause,
    nextSteps: ['Start one with `logos gpu serve`, or run the job here with --local.'],
  });
}
