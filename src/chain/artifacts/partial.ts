import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256Hex } from '../../system/canonical.ts';
import { isErrno, isThere, syncDirectory, writeFileAtomic } from '../../system/files.ts';
import { type KernelLock, tryKernelLock } from '../../system/kernel-lock.ts';
import { CHUNK_BYTES, type ChunkManifest, chunkLength, type ManifestBuilder, manifestText } from './chunks.ts';
import { filesIn, type Layout, removeFile } from './layout.ts';
import { type ArtifactLimits, requireSpace } from './limits.ts';

const WAIT_MS = 200;

/**
 * An artefact that is being written. Only its writer has its lock, which the kernel gives back however the writer ends;
 * then whoever wants the artefact next takes the file over and keeps the chunks that are right.
 */
export class PartialFile {
  readonly path: string;
  readonly #layout: Layout;
  readonly #lock: KernelLock;
  readonly #file: FileHandle;

  private constructor(layout: Layout, path: string, lock: KernelLock, file: FileHandle) {
    this.#layout = layout;
    this.path = path;
    this.#lock = lock;
    this.#file = file;
  }

  /** A new file that nobody will take over. `size` bytes are set aside for it. Throws like `requireSpace`. */
  static async create(layout: Layout, name: string, size: number, limits: ArtifactLimits): Promise<PartialFile> {
    await mkdir(layout.partial, { recursive: true, mode: 0o700 });
    const path = join(layout.partial, `${name}.${randomBytes(6).toString('hex')}`);
    const lock = await tryKernelLock(path);
    // The name was free a moment ago, and nobody else can guess it.
    if (lock === undefined) return PartialFile.create(layout, name, size, limits);
    return PartialFile.#take(layout, path, lock, size, limits);
  }

  /**
   * What a writer that ended left of this artefact, or a new file. While another process writes it, this waits;
   * `undefined` when that one finished it. Throws like `requireSpace`.
   */
  static async claim(
    layout: Layout,
    { digest, size }: { digest: string; size: number },
    limits: ArtifactLimits,
    signal?: AbortSignal,
  ): Promise<PartialFile | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      let busy = false;
      for (const { name, path } of await filesIn(layout.partial)) {
        if (!name.startsWith(`${digest}.`)) continue;
        const lock = await tryKernelLock(path);
        busy ||= lock === undefined;
        if (lock === undefined) continue;
        // Its writer may have finished it between our look and our lock; then locking made the name anew, empty.
        if (await isThere(layout.artifact(digest))) {
          await removeFile(path);
          lock.release();
          return undefined;
        }
        if (await isThere(path)) return PartialFile.#take(layout, path, lock, size, limits);
        lock.release();
      }
      if (await isThere(layout.artifact(digest))) return undefined;
      if (!busy) return PartialFile.create(layout, digest, size, limits);
      await sleep(WAIT_MS, undefined, { signal });
    }
  }

  static async #take(
    layout: Layout,
    path: string,
    lock: KernelLock,
    size: number,
    limits: ArtifactLimits,
  ): Promise<PartialFile> {
    let had = 0;
    try {
      const store = await layout.lock();
      try {
        had = (await stat(path)).size;
        await requireSpace(layout, Math.max(0, size - had), limits);
        // A file with a hole: its length counts against the limits from now on, and costs nothing yet.
        await truncate(path, size);
      } finally {
        store.release();
      }
      return new PartialFile(layout, path, lock, await open(path, 'r+'));
    } catch (error) {
      if (had === 0) await removeFile(path);
      lock.release();
      throw error;
    }
  }

  /** How many chunks from the first on are here already and right; each is given to `builder`. */
  async verified(manifest: ChunkManifest, builder: ManifestBuilder): Promise<number> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (const [index, expected] of manifest.chunks.entries()) {
      const length = chunkLength(manifest.size, index);
      const { bytesRead } = await this.#file.read(buffer, 0, length, index * CHUNK_BYTES);
      const chunk = buffer.subarray(0, bytesRead);
      if (bytesRead < length || sha256Hex(chunk) !== expected) return index;
      builder.add(chunk, expected);
    }
    return manifest.chunks.length;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, position + written);
      written += bytesWritten;
    }
  }

  /** Makes the file the artefact that `manifest` describes; the caller has checked every byte of it. */
  async commit(manifest: ChunkManifest): Promise<void> {
    await this.#file.truncate(manifest.size);
    await this.#file.chmod(0o600);
    await this.#file.utimes(new Date(), new Date());
    await this.#file.sync();
    if (manifest.chunks.length > 1) {
      await writeFileAtomic(this.#layout.manifest(manifest.digest), manifestText(manifest));
    }
    try {
      await rename(this.path, this.#layout.artifact(manifest.digest));
    } catch (error) {
      // Another writer was first: it has the same bytes.
      if (!isErrno(error, 'ENOENT') || !(await isThere(this.#layout.artifact(manifest.digest)))) throw error;
    }
    await syncDirectory(this.#layout.root);
  }

  /** Forgets all that was written. */
  async reset(): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#file.truncate(0);
    await this.#file.truncate(size);
  }

  /** Lets go of the file, which stays to be taken up again. */
  async release(): Promise<void> {
    await this.#file.close();
    this.#lock.release();
  }

  /** Lets go of the file and removes it. */
  async discard(): Promise<void> {
    await removeFile(this.path);
    await this.release();
  }
}
