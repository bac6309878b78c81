import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { tryKernelLock } from '../../system/kernel-lock.ts';
import { filesIn, type Layout, removeFile } from './layout.ts';

/** Keeps an artefact from being collected while `work` runs; a process that ends lets go of it by itself. */
export async function withLease<T>(layout: Layout, digest: string, work: () => Promise<T>): Promise<T> {
  const path = join(layout.leases, `${digest}.${randomBytes(6).toString('hex')}`);
  const store = await layout.lock();
  const lease = await tryKernelLock(path).finally(() => store.release());
  try {
    return await work();
  } finally {
    await removeFile(path);
    lease?.release();
  }
}

/** The digests that somebody uses. Call it under the store's lock; leases whose process has ended are removed. */
export async function leased(layout: Layout): Promise<Set<string>> {
  const used = new Set<string>();
  for (const { name, path } of await filesIn(layout.leases)) {
    const lock = await tryKernelLock(path);
    if (lock === undefined) used.add(name.slice(0, 64));
    else {
      await removeFile(path);
      lock.release();
    }
  }
  return used;
}
