import { z } from 'zod';
import { CHANNEL_FD } from '../../system/sandbox/start.ts';
import { jobSchema } from '../job.ts';
import { type OpenDevice, openDevice } from '../opencl/device.ts';
import { JobError } from '../opencl/errors.ts';
import { type PreparedJob, prepareJob } from '../opencl/execute.ts';
import { type FoundDevice, listDevices } from '../opencl/info.ts';
import { type OpenCl, openOpenCl } from '../opencl/library.ts';
import { binaryOf } from '../opencl/program.ts';
import { WorkerChannel } from './channel.ts';
import { WorkerPrograms } from './programs.ts';

/** What the service says of a job besides the job itself. */
export const orderSchema = z.object({
  job: jobSchema,
  /** Hash of what the compiled program depends on. */
  key: z.string(),
  /** Bytes of the compiled program, which follow the program's own; 0 where the service has none. */
  binaryBytes: z.int().min(0),
  /** How large a compiled program the service would take; 0 where it wants none. */
  wantedBytes: z.int().min(0),
});
type Order = z.output<typeof orderSchema>;

/**
 * The process in which jobs are compiled and run, one after the other. It trusts its service and is trusted by nobody: what a
 * kernel does to its memory is its own affair, and it ends with it. Ends when the service closes its input.
 */
export async function workerMain(): Promise<void> {
  const channel = new WorkerChannel(CHANNEL_FD);
  const cl = await openOpenCl().catch((error: Error) => {
    // Its service shows the last line of what a worker prints.
    process.stderr.write(`OpenCL: ${error.message}\n`);
    return undefined;
  });
  const found = cl === undefined ? [] : listDevices(cl);
  channel.send('hello', { devices: found.map(({ device }) => device) });
  if (cl === undefined) return;
  const worker = new Worker(channel, cl, found);
  for (;;) {
    const order = channel.receive('job');
    if (order === undefined) return;
    if (!worker.serve(orderSchema.parse(order))) return;
  }
}

class Worker {
  readonly #channel: WorkerChannel;
  readonly #cl: OpenCl;
  readonly #found: readonly FoundDevice[];
  readonly #open = new Map<number, OpenDevice>();
  readonly #programs = new WorkerPrograms();

  constructor(channel: WorkerChannel, cl: OpenCl, found: readonly FoundDevice[]) {
    this.#channel = channel;
    this.#cl = cl;
    this.#found = found;
  }

  /** Does one job; false where this worker is of no use any more. */
  serve(order: Order): boolean {
    const program = Buffer.alloc(order.job.program.bytes);
    const binary = Buffer.alloc(order.binaryBytes);
    if (!this.#channel.read(program) || !this.#channel.read(binary)) return false;
    let prepared: PreparedJob;
    try {
      prepared = this.#prepare(order, program, binary);
    } catch (error) {
      return this.#fail(error);
    }
    try {
      return this.#carryOut(order, prepared);
    } catch (error) {
      this.#fail(error);
      // A device that failed in the middle of its work may have more to come.
      return false;
    } finally {
      prepared.release();
    }
  }

  #prepare({ job, key, wantedBytes }: Order, program: Buffer, binary: Buffer): PreparedJob {
    const began = performance.now();
    const device = this.#device(job.device);
    const text = { kind: job.program.kind, bytes: program, options: job.program.options };
    const built = this.#programs.get(device, key, text, binary.length > 0 ? binary : undefined);
    // Before anything of it has run: then it is what the compiler made of this very text.
    const compiled =
      built.how === 'compiled' && wantedBytes > 0 ? binaryOf(device, built.program, wantedBytes) : undefined;
    const prepared = prepareJob(device, built.program, job);
    this.#channel.send('ready', {
      program: built.how,
      compileMs: performance.now() - began,
      binaryBytes: compiled?.length ?? 0,
    });
    if (compiled !== undefined) this.#channel.sendData(compiled);
    return prepared;
  }

  #carryOut({ job }: Order, prepared: PreparedJob): boolean {
    let isWhole = true;
    for (const [index, { input }] of job.buffers.entries())
      prepared.withBuffer(index, 'write', (memory) => {
        if (!input) memory.fill(0);
        else isWhole = isWhole && this.#channel.read(memory);
      });
    if (!isWhole || this.#channel.receive('run') === undefined) return false;
    const began = performance.now();
    prepared.run();
    this.#channel.send('run', { runMs: performance.now() - began });
    for (const [index, { output }] of job.buffers.entries())
      if (output) prepared.withBuffer(index, 'read', (memory) => this.#channel.sendData(memory));
    return true;
  }

  #device(index: number): OpenDevice {
    const open = this.#open.get(index);
    if (open !== undefined) return open;
    const found = this.#found[index];
    if (found === undefined) throw new JobError('gpu-job-invalid', `There is no device ${index}.`);
    const opened = openDevice(this.#cl, found);
    this.#open.set(index, opened);
    return opened;
  }

  #fail(error: unknown): boolean {
    if (!(error instanceof JobError)) throw error;
    const { code, message, log } = error;
    this.#channel.send('error', {
      code,
      message: message.slice(0, 4_000),
      ...(log && { log: log.slice(0, 32 * 1024) }),
    });
    return true;
  }
}
