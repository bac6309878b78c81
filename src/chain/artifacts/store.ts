import { mkdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../system/canonical.ts';
import { isErrno, writeFileAtomic } from '../../system/files.ts';
import type { ArtifactReference } from '../types.ts';
import { CHUNK_BYTES, ManifestBuilder } from './chunks.ts';
import { type Collected, type CollectOptions, collect } from './collect.ts';
import { contentOf, copyInto } from './content.ts';
import { type DownloadOptions, download } from './download.ts';
import { corrupt, fileUnreadable, missing, tooLarge } from './errors.ts';
import { filesIn, isDigest, Layout, removeFile } from './layout.ts';
import { withLease } from './lease.ts';
import { type ArtifactLimits, DEFAULT_LIMITS, requireAllowedSize } from './limits.ts';
import { Mirror } from './mirror.ts';
import { PartialFile } from './partial.ts';
import { builtInSource, checkReference, difference, directorySource, requireDigest, type Source } from './sources.ts';

/** Files that the chain names by hash. */
export interface ArtifactStore {
  /**
   * The bytes that the reference names, checked each time, wherever they come from. For small ones: 64 MiB at most.
   * Throws UserError `artifact-missing` or `artifact-too-large`, ExternalError `artifact-corrupt` or `artifact-unavailable`.
   */
  fetch(reference: ArtifactReference): Promise<Uint8Array>;
}

export interface StoredArtifact extends ArtifactReference {
  pinned: boolean;
  /** Milliseconds since 1970. */
  modified: number;
}

export interface ArtifactOptions {
  /** Directories whose files are named by their SHA-256; asked before the network. */
  sources?: readonly string[];
  /** Addresses of mirrors, the preferred ones first. */
  mirrors?: readonly string[];
  limits?: Partial<ArtifactLimits>;
  chunkTimeoutMs?: number;
}

type GetOptions = Pick<DownloadOptions, 'signal' | 'onProgress'>;

const MAX_FETCH_BYTES = 64 * 1024 * 1024;

/**
 * Opens the store in `directory`. What it lacks comes from the source directories, from what is built in, and last from
 * the mirrors. Throws UserError `artifact-mirror-invalid`.
 */
export function openArtifacts(directory: string, options: ArtifactOptions = {}): Artifacts {
  return new Artifacts(directory, options);
}

export class Artifacts implements ArtifactStore {
  readonly #layout: Layout;
  readonly #sources: readonly Source[];
  readonly #mirrors: readonly Mirror[];
  readonly #limits: ArtifactLimits;
  readonly #chunkTimeoutMs: number | undefined;
  /** Downloads of this process, so that who wants the same shares one. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(directory: string, options: ArtifactOptions) {
    this.#layout = new Layout(directory);
    this.#sources = [...(options.sources ?? []).map(directorySource), builtInSource];
    this.#mirrors = (options.mirrors ?? []).map((url) => new Mirror(url));
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#chunkTimeoutMs = options.chunkTimeoutMs;
  }

  async fetch(reference: ArtifactReference): Promise<Uint8Array> {
    checkReference(reference);
    if (reference.size > MAX_FETCH_BYTES) throw tooLarge(reference.size, MAX_FETCH_BYTES);
    requireAllowedSize(reference.size, this.#limits);
    const path = this.#layout.artifact(reference.digest);
    let damage: string | undefined;
    for (const [index, place] of [directorySource(this.#layout.root), ...this.#sources].entries()) {
      const bytes = await place(reference.digest);
      const wrong = bytes === undefined ? undefined : difference(bytes, reference);
      damage ??= wrong;
      if (bytes === undefined || wrong !== undefined) continue;
      // A damaged copy in the store is replaced here by the good one.
      if (index > 0) await this.#keep(reference, bytes);
      return bytes;
    }
    if (this.#mirrors.length === 0) {
      if (damage !== undefined) throw corrupt(reference.digest, damage);
      throw missing(reference.digest);
    }
    await this.#download(reference, {});
    const bytes = await readFile(path);
    const wrong = difference(bytes, reference);
    if (wrong !== undefined) throw corrupt(reference.digest, wrong);
    return bytes;
  }

  /**
   * Has the artefact, of any size, in the store, checked now, and keeps it from being collected while `work` runs with its
   * path. Throws like `fetch`, and UserError `artifact-store-full` or `disk-full`.
   */
  async use<T>(reference: ArtifactReference, work: (path: string) => Promise<T>, options: GetOptions = {}): Promise<T> {
    checkReference(reference);
    requireAllowedSize(reference.size, this.#limits);
    await this.#prepare();
    return withLease(this.#layout, reference.digest, async () => {
      const path = this.#layout.artifact(reference.digest);
      if (!(await this.#isIntact(reference))) {
        if (reference.size <= MAX_FETCH_BYTES && (await this.#sourceHas(reference))) await this.fetch(reference);
        else await this.#download(reference, options);
      }
      return work(path);
    });
  }

  /** Bytes of an artefact that a caller knows by its SHA-256 only. Asks the store, then the mirrors; what they say is unproven. */
  async sizeOf(digest: string): Promise<number> {
    requireDigest(digest);
    const info = await stat(this.#layout.artifact(digest)).catch(() => undefined);
    if (info?.isFile()) return info.size;
    for (const place of this.#sources) {
      const bytes = await place(digest);
      if (bytes !== undefined) return bytes.length;
    }
    const reasons: string[] = [];
    for (const mirror of this.#mirrors) {
      try {
        return await mirror.size(digest, AbortSignal.timeout(this.#chunkTimeoutMs ?? 10_000));
      } catch (error) {
        reasons.push(`${mirror.url}: ${(error as Error).message}`);
      }
    }
    throw missing(digest, reasons.length === 0 ? '' : ` (${reasons.join('; ')})`);
  }

  /** Takes a file in and says how the chain must name it. Throws UserError `file-unreadable`, or like `use`. */
  async add(file: string): Promise<ArtifactReference> {
    await this.#prepare();
    const info = await stat(file).catch((cause: unknown) => {
      throw fileUnreadable(file, cause);
    });
    if (!info.isFile()) throw fileUnreadable(file);
    requireAllowedSize(info.size, this.#limits);
    const partial = await PartialFile.create(this.#layout, 'add', info.size, this.#limits);
    try {
      const manifest = await copyInto(partial, file, this.#limits);
      await partial.commit(manifest);
      await partial.release();
      return { digest: manifest.digest, size: manifest.size };
    } catch (error) {
      await partial.discard();
      throw error;
    }
  }

  /** What the store holds, by digest. Nothing is read of it but its names. */
  async list(): Promise<StoredArtifact[]> {
    const pinned = new Set((await filesIn(this.#layout.pins)).map(({ name }) => name));
    return (await filesIn(this.#layout.root))
      .filter(({ name }) => isDigest(name))
      .map(({ name, size, modified }) => ({ digest: name, size, modified, pinned: pinned.has(name) }))
      .sort((one, other) => (one.digest < other.digest ? -1 : 1));
  }

  /** Reads every artefact anew and says which are not what their names say; with `remove`, those are removed. */
  async verify(
    options: { remove?: boolean; signal?: AbortSignal } = {},
  ): Promise<{ intact: number; damaged: string[] }> {
    const damaged: string[] = [];
    const entries = await this.list();
    for (const reference of entries) {
      options.signal?.throwIfAborted();
      if ((await contentOf(this.#layout.artifact(reference.digest)))?.digest === reference.digest) continue;
      damaged.push(reference.digest);
      if (options.remove !== true) continue;
      await removeFile(this.#layout.artifact(reference.digest));
      await removeFile(this.#layout.manifest(reference.digest));
    }
    return { intact: entries.length - damaged.length, damaged };
  }

  /** Keeps an artefact from being collected, also one that comes later, until it is unpinned. */
  async pin(digest: string): Promise<void> {
    requireDigest(digest);
    await writeFileAtomic(join(this.#layout.pins, digest), '');
  }

  async unpin(digest: string): Promise<void> {
    requireDigest(digest);
    await removeFile(join(this.#layout.pins, digest));
  }

  /** Removes what nothing needs. */
  async collect(options: CollectOptions): Promise<Collected> {
    await this.#prepare();
    return collect(this.#layout, options);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#layout.root, { recursive: true, mode: 0o700 });
  }

  /** Whether the store has it as the reference says; a reference that can't be right is thrown as `artifact-corrupt`. */
  async #isIntact({ digest, size }: ArtifactReference): Promise<boolean> {
    const found = await contentOf(this.#layout.artifact(digest));
    if (found?.digest !== digest) return false;
    if (found.size !== size) throw corrupt(digest, `it has ${found.size} bytes, not ${size}`);
    const now = new Date();
    // Whoever looks at it wants it: it is new again for the collector.
    await utimes(this.#layout.artifact(digest), now, now);
    return true;
  }

  async #sourceHas({ digest }: ArtifactReference): Promise<boolean> {
    if (this.#mirrors.length === 0) return true;
    const found = await Promise.all(this.#sources.map((place) => place(digest)));
    return found.some((bytes) => bytes !== undefined && sha256Hex(bytes) === digest);
  }

  async #keep(reference: ArtifactReference, bytes: Uint8Array): Promise<void> {
    if (reference.size <= CHUNK_BYTES) return writeFileAtomic(this.#layout.artifact(reference.digest), bytes);
    await this.#prepare();
    const partial = await PartialFile.create(this.#layout, 'add', reference.size, this.#limits);
    try {
      const builder = new ManifestBuilder();
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) builder.add(bytes.subarray(at, at + CHUNK_BYTES));
      await partial.write(bytes, 0);
      await partial.commit(builder.finish());
      await partial.release();
    } catch (error) {
      await partial.discard();
      throw error;
    }
  }

  #download(reference: ArtifactReference, options: GetOptions): Promise<void> {
    const running = this.#running.get(reference.digest);
    if (running !== undefined) return running;
    const work = this.#downloadOnce(reference, options).finally(() => this.#running.delete(reference.digest));
    this.#running.set(reference.digest, work);
    return work;
  }

  async #downloadOnce(reference: ArtifactReference, options: GetOptions): Promise<void> {
    await this.#prepare();
    const { digest } = reference;
    // A damaged copy would be taken for the finished work of another process.
    if (((await contentOf(this.#layout.artifact(digest)))?.digest ?? digest) !== digest)
      await removeFile(this.#layout.artifact(digest));
    const partial = await PartialFile.claim(this.#layout, reference, this.#limits, options.signal);
    if (partial === undefined) return;
    try {
      const how = { ...options, mirrors: this.#mirrors, chunkTimeoutMs: this.#chunkTimeoutMs };
      await partial.commit(await download(reference, partial, how));
    } catch (error) {
      // On a full disk the space is wanted more than a quick resumption.
      if (isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')) await removeFile(partial.path);
      throw error;
    } finally {
      await partial.release();
    }
  }
}
