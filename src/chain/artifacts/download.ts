import { sha256Hex } from '../../system/canonical.ts';
import type { ArtifactReference } from '../types.ts';
import {
  CHUNK_BYTES,
  ChunkCutter,
  type ChunkManifest,
  ManifestBuilder,
  manifestText,
  trivialManifest,
} from './chunks.ts';
import { corrupt, type MirrorReason, missing, unavailable } from './errors.ts';
import { type FaultKind, type Mirror, MirrorFault } from './mirror.ts';
import type { PartialFile } from './partial.ts';

export interface DownloadOptions {
  mirrors: readonly Mirror[];
  /** Milliseconds that a mirror has for the answer and for each chunk: what stalls or drips is given up. Default 60,000. */
  chunkTimeoutMs?: number;
  signal?: AbortSignal;
  /** Told after each chunk that was verified, with the bytes that are here by now. */
  onProgress?: (bytes: number) => void;
}

const CHUNK_TIMEOUT_MS = 60_000;
/** A mirror that breaks off is asked again so often, as long as it brought nothing new. */
const FRUITLESS_TRIES = 2;

type Fault = MirrorReason & { kind: FaultKind };

/**
 * Writes the artefact that `reference` names into `partial` and returns its manifest: every byte was checked.
 *
 * Chunks are checked as they come, against the manifest that mirrors give; a wrong chunk is dropped, and another mirror is
 * asked from there on. That manifest is itself only believed until the end: the SHA-256 over everything, which the chain
 * names, decides. When that differs, the manifest was false, its mirrors are left out, and it begins anew with the next.
 * Throws ExternalError `artifact-corrupt` or `artifact-unavailable`, or UserError `artifact-missing`; each mirror is named.
 */
export async function download(
  reference: ArtifactReference,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<ChunkManifest> {
  const run = new Download(reference, partial, options);
  for (const attempt of await run.attempts()) {
    const manifest = await run.attempt(attempt);
    if (manifest !== undefined) return manifest;
  }
  throw run.failure();
}

/** Mirrors that agree on the chunks; without a manifest, what each says is checked at the end only. */
interface Attempt {
  manifest?: ChunkManifest;
  mirrors: readonly Mirror[];
}

class Download {
  readonly #reference: ArtifactReference;
  readonly #partial: PartialFile;
  readonly #options: DownloadOptions;
  /** The last and so the most telling fault of each mirror. */
  readonly #faults = new Map<Mirror, Fault>();
  readonly #liars = new Set<Mirror>();

  constructor(reference: ArtifactReference, partial: PartialFile, options: DownloadOptions) {
    this.#reference = reference;
    this.#partial = partial;
    this.#options = options;
  }

  async attempts(): Promise<Attempt[]> {
    const { mirrors } = this.#options;
    const trivial = trivialManifest(this.#reference);
    if (trivial) return [{ manifest: trivial, mirrors }];
    const offers = await Promise.all(mirrors.map(async (mirror) => ({ mirror, manifest: await this.#offer(mirror) })));
    const groups = new Map<string, { manifest: ChunkManifest; mirrors: Mirror[] }>();
    for (const { mirror, manifest } of offers) {
      if (manifest === undefined) continue;
      const text = manifestText(manifest);
      const group = groups.get(text) ?? { manifest, mirrors: [] };
      group.mirrors.push(mirror);
      groups.set(text, group);
    }
    const silent = offers.filter(({ manifest }) => manifest === undefined).map(({ mirror }) => mirror);
    const agreed = [...groups.values()].sort((one, other) => other.mirrors.length - one.mirrors.length);
    return [
      ...agreed.map((group) => ({ ...group, mirrors: [...group.mirrors, ...silent] })),
      // Each by itself, because bytes of two mirrors could not be told apart.
      ...silent.map((mirror) => ({ mirrors: [mirror] })),
    ];
  }

  /** The manifest when it led to the artefact; `undefined` when this attempt failed. */
  async attempt({ manifest, mirrors }: Attempt): Promise<ChunkManifest | undefined> {
    const builder = new ManifestBuilder();
    const position = manifest === undefined ? 0 : await this.#partial.verified(manifest, builder);
    if (!(await this.#receive(mirrors, manifest, builder, position))) return undefined;
    const result = builder.finish();
    if (result.digest === this.#reference.digest) return result;
    // Each chunk was as the manifest says, or there is none: so these mirrors gave out something else from the start.
    await this.#partial.reset();
    const why = `what it gives has the SHA-256 ${result.digest}`;
    for (const mirror of mirrors) this.#blame(mirror, new MirrorFault('wrong', why));
    return undefined;
  }

  failure(): Error {
    const { digest } = this.#reference;
    const reasons = [...this.#faults.values()];
    if (reasons.length === 0) return missing(digest);
    const text = reasons.map(({ mirror, why }) => `${mirror}: ${why}`).join('; ');
    if (reasons.every(({ kind }) => kind === 'absent')) return missing(digest, ` (${text})`);
    return reasons.every(({ kind }) => kind !== 'failed') ? corrupt(digest, text) : unavailable(digest, reasons);
  }

  async #offer(mirror: Mirror): Promise<ChunkManifest | undefined> {
    const deadline = this.#deadline();
    try {
      return await mirror.manifest(this.#reference, deadline.signal);
    } catch (error) {
      this.#blame(mirror, error);
      return undefined;
    } finally {
      deadline.stop();
    }
  }

  /** Asks one mirror after the other until all is here. */
  async #receive(
    mirrors: readonly Mirror[],
    manifest: ChunkManifest | undefined,
    builder: ManifestBuilder,
    verified: number,
  ): Promise<boolean> {
    let position = verified;
    const expected = manifest?.chunks.length ?? Math.ceil(this.#reference.size / CHUNK_BYTES);
    const queue = mirrors.filter((mirror) => !this.#liars.has(mirror)).map((mirror) => ({ mirror, fruitless: 0 }));
    while (position < expected) {
      const next = queue.shift();
      if (next === undefined) return false;
      const before = position;
      try {
        for await (const chunk of this.#chunks(next.mirror, position)) {
          const digest = sha256Hex(chunk);
          if (manifest !== undefined && digest !== manifest.chunks[position]) {
            throw new MirrorFault('wrong', `chunk ${position} has the SHA-256 ${digest}`);
          }
          await this.#partial.write(chunk, position * CHUNK_BYTES);
          builder.add(chunk, digest);
          position += 1;
          this.#options.onProgress?.(builder.size);
        }
      } catch (error) {
        const { kind } = this.#blame(next.mirror, error);
        const fruitless = position > before ? 0 : next.fruitless + 1;
        if (kind === 'failed' && fruitless < FRUITLESS_TRIES) queue.push({ mirror: next.mirror, fruitless });
      }
    }
    return true;
  }

  async *#chunks(mirror: Mirror, from: number): AsyncGenerator<Uint8Array> {
    const deadline = this.#deadline();
    const cutter = new ChunkCutter();
    try {
      for await (const bytes of mirror.read(this.#reference, from * CHUNK_BYTES, deadline.signal)) {
        for (const chunk of cutter.push(bytes)) {
          yield chunk;
          deadline.restart();
        }
      }
      const rest = cutter.rest();
      if (rest !== undefined) yield rest;
    } finally {
      deadline.stop();
    }
  }

  /** Notes what a mirror did; any other error is not its doing and is thrown on. */
  #blame(mirror: Mirror, error: unknown): MirrorFault {
    this.#options.signal?.throwIfAborted();
    if (!(error instanceof MirrorFault)) throw error;
    this.#faults.set(mirror, { mirror: mirror.url, why: error.message, kind: error.kind });
    if (error.kind === 'wrong') this.#liars.add(mirror);
    return error;
  }

  #deadline(): { signal: AbortSignal; restart(): void; stop(): void } {
    const late = new AbortController();
    const ms = this.#options.chunkTimeoutMs ?? CHUNK_TIMEOUT_MS;
    const timer = setTimeout(() => late.abort(new MirrorFault('failed', `it gave nothing whole in ${ms} ms`)), ms);
    const { signal } = this.#options;
    return {
      signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
      restart: () => timer.refresh(),
      stop: () => clearTimeout(timer),
    };
  }
}
