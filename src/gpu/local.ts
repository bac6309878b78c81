import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GpuClient } from './client.ts';
import { startGpuService } from './service/server.ts';

/** Has `work` done with a service of this process' own, which nobody else reaches. Throws what startGpuService does. */
export async function withLocalService<T>(work: (client: GpuClient) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-gpu-'));
  try {
    const service = await startGpuService({ address: { path: join(directory, 'gpu.sock') }, workers: 1 });
    try {
      const client = await GpuClient.connect(service.address);
      return await work(client).finally(() => client.close());
    } finally {
      await service.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
