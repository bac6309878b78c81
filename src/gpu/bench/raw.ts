import { requestOf } from '../client.ts';
import { jobSchema } from '../job.ts';
import { openDevice } from '../opencl/device.ts';
import { prepareJob } from '../opencl/execute.ts';
import { listDevices } from '../opencl/info.ts';
import { openOpenCl } from '../opencl/library.ts';
import { buildProgram } from '../opencl/program.ts';
import { noDevice } from '../service/server.ts';
import type { Workload } from './workloads.ts';

export interface RawWorkload {
  /** Input to the device, kernels, output back; gives milliseconds for all of it. */
  once(): { totalMs: number; isRight: boolean };
  close(): void;
}

/**
 * The same work by the device's driver in this very process: no socket, no worker, no sandbox. Throws UserError `gpu-no-device`, JobError.
 */
export async function rawWorkload({ job, isRight }: Workload): Promise<RawWorkload> {
  const cl = await openOpenCl().catch(() => {
    throw noDevice();
  });
  const [found] = listDevices(cl);
  if (found === undefined) throw noDevice();
  const device = openDevice(cl, found);
  const bytes = Buffer.from(job.program);
  const program = buildProgram(device, { kind: 'source', bytes, options: [] });
  const header = jobSchema.parse(requestOf(job, bytes.length));
  return {
    once() {
      const began = performance.now();
      const prepared = prepareJob(device, program, header);
      try {
        for (const [index, { input }] of (job.buffers ?? []).entries())
          prepared.withBuffer(index, 'write', (memory) => {
            if (input === undefined) memory.fill(0);
            else memory.set(input);
          });
        prepared.run();
        const outputs = header.buffers.map(({ bytes: size, output }) =>
          output ? Buffer.allocUnsafe(size) : undefined,
        );
        for (const [index, output] of outputs.entries())
          if (output !== undefined) prepared.withBuffer(index, 'read', (memory) => memory.copy(output));
        const totalMs = performance.now() - began;
        return { totalMs, isRight: isRight(outputs) };
      } finally {
        prepared.release();
      }
    },
    close() {
      cl.releaseProgram(program);
      device.close();
    },
  };
}
