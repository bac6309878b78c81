import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import type { ArtifactReference } from '../types.ts';

/** Bytes of every chunk but the last. It is part of format 1: equal content has equal chunks on every mirror. */
export const CHUNK_BYTES = 1024 * 1024;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.strictObject({
  version: z.literal(1),
  digest,
  size: z.number().int().nonnegative(),
  chunkBytes: z.literal(CHUNK_BYTES),
  chunks: z.array(digest),
});

/** The SHA-256 of each chunk of an artefact, so that it can be checked while it comes and taken up where it broke off. */
export type ChunkManifest = z.infer<typeof schema>;

/** How many chunks an artefact of so many bytes has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK_BYTES);
}

/** Bytes of chunk `index` of an artefact of `size` bytes. */
export function chunkLength(size: number, index: number): number {
  return Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
}

/** The one text of a manifest, as mirrors serve it. */
export function manifestText(manifest: ChunkManifest): string {
  return canonicalJson(manifest);
}

/** More than the text of any true manifest of an artefact of so many bytes. */
export function manifestLimit(size: number): number {
  return 256 + 70 * chunkCount(size);
}

/** Reads what a mirror or a file says; `undefined` when it can't be the manifest of this artefact. */
export function parseManifest(text: string, reference: ArtifactReference): ChunkManifest | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const fits =
    data.digest === reference.digest && data.size === reference.size && data.chunks.length === chunkCount(data.size);
  return fits ? data : undefined;
}

/** An artefact of one chunk or none is its own manifest; `undefined` for larger ones. */
export function trivialManifest({ digest, size }: ArtifactReference): ChunkManifest | undefined {
  if (size > CHUNK_BYTES) return undefined;
  return { version: 1, digest, size, chunkBytes: CHUNK_BYTES, chunks: size === 0 ? [] : [digest] };
}

/** Cuts bytes that come in pieces of any length into chunks. */
export class ChunkCutter {
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  #filled = 0;

  /** The chunks that these bytes complete. Each is valid until the next one is asked for. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(CHUNK_BYTES - this.#filled, bytes.length - at);
      this.#buffer.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < CHUNK_BYTES) continue;
      this.#filled = 0;
      yield this.#buffer;
    }
  }

  /** What is left after the last byte: shorter than a chunk, and often nothing. */
  rest(): Uint8Array | undefined {
    const rest = this.#filled === 0 ? undefined : this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    return rest;
  }
}

/** Makes the manifest of an artefact whose chunks are given in order. */
export class ManifestBuilder {
  readonly #whole = createHash('sha256');
  readonly #chunks: string[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes the next chunk. `chunkDigest` saves hashing it again where it is known. */
  add(chunk: Uint8Array, chunkDigest: string = sha256Hex(chunk)): void {
    this.#whole.update(chunk);
    this.#chunks.push(chunkDigest);
    this.#size += chunk.length;
  }

  /** To be called once, after the last chunk. */
  finish(): ChunkManifest {
    return {
      version: 1,
      digest: this.#whole.digest('hex'),
      size: this.#size,
      chunkBytes: CHUNK_BYTES,
      chunks: this.#chunks,
    };
  }
}
