import { GpuClient } from '../client.ts';
import { serviceProcess } from './service-process.ts';
import { matmul } from './workloads.ts';

/**
 * Milliseconds from starting a GPU service to the first result of a small job: what a guest's start is for the other ways of
 * lending. `command`: how this program is started. Throws what a client's `run` throws.
 */
export async function firstResultMs(command?: readonly string[]): Promise<number> {
  const began = performance.now();
  const service = await serviceProcess(command);
  try {
    const client = await GpuClient.connect(service.address);
    await client.run(matmul(64).job);
    const ms = Math.round(performance.now() - began);
    client.close();
    return ms;
  } finally {
    await service.stop();
  }
}
