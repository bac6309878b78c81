import type { ArtifactReference } from '../types.ts';
import { type ChunkManifest, manifestLimit, parseManifest } from './chunks.ts';
import { mirrorInvalid } from './errors.ts';

/** Why a mirror did not give what it was asked for. */
export type FaultKind =
  /** It does not have the artefact. */
  | 'absent'
  /** It answered with other bytes than the artefact has. */
  | 'wrong'
  /** It could not be reached, broke off, was too slow, or said something that is not understood. */
  | 'failed';

export class MirrorFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** One place on the network that has artefacts under their names: any web server with a folder of files will do. */
export class Mirror {
  /** Ends with a slash. */
  readonly url: string;

  /** Throws UserError `artifact-mirror-invalid`. */
  constructor(text: string) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const plain =
      url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
    if (!plain || !['http:', 'https:'].includes(url.protocol)) throw mirrorInvalid(text);
    this.url = url.href.endsWith('/') ? url.href : `${url.href}/`;
  }

  /** What it says the chunks are, unproven; `undefined` when it has no manifest. Throws MirrorFault. */
  async manifest(reference: ArtifactReference, signal: AbortSignal): Promise<ChunkManifest | undefined> {
    const response = await this.#get(`${reference.digest}.chunks`, {}, signal);
    if (isAbsent(response)) return undefined;
    requireStatus(response, [200]);
    const limit = manifestLimit(reference.size);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of body(response)) {
      length += part.length;
      if (length > limit) throw new MirrorFault('wrong', 'its list of chunks is too long');
      parts.push(part);
    }
    const manifest = parseManifest(Buffer.concat(parts).toString(), reference);
    if (manifest === undefined) throw new MirrorFault('wrong', 'its list of chunks is not one of this artifact');
    return manifest;
  }

  /** Bytes that it says the artefact has, unproven. Throws MirrorFault. */
  async size(digest: string, signal: AbortSignal): Promise<number> {
    const response = await this.#get(digest, {}, signal, 'HEAD');
    requireStatus(response, [200]);
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    if (!Number.isSafeInteger(size) || size < 0)
      throw new MirrorFault('failed', 'it does not say how long the artifact is');
    return size;
  }

  /** The artefact's bytes from `offset` on, unproven, and never more than it has. Throws MirrorFault. */
  async *read({ digest, size }: ArtifactReference, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await this.#get(digest, offset === 0 ? {} : { range: `bytes=${offset}-` }, signal);
    requireStatus(response, offset === 0 ? [200] : [200, 206]);
    const partial = response.status === 206;
    if (partial) requireRange(response, offset, size);
    requireLength(response, partial ? size - offset : size);
    // A server that knows no ranges sends all from the start: what we have is passed over.
    let skip = partial ? 0 : offset;
    let left = size - offset;
    for await (const part of body(response)) {
      const bytes = part.subarray(Math.min(skip, part.length));
      skip -= part.length - bytes.length;
      if (bytes.length > left) throw new MirrorFault('wrong', 'it sends more bytes than the artifact has');
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
    if (left > 0) throw new MirrorFault('failed', `it broke off ${left} bytes before the end`);
  }

  async #get(name: string, headers: Record<string, string>, signal: AbortSignal, method = 'GET'): Promise<Response> {
    try {
      return await fetch(new URL(name, this.url), {
        method,
        signal,
        // Where a mirror sends us is not for it to say: it could be a service inside this network.
        redirect: 'manual',
        headers: { 'accept-encoding': 'identity', ...headers },
      });
    } catch (error) {
      throw faultOf(error, signal);
    }

    function faultOf(error: unknown, by: AbortSignal): unknown {
      return by.aborted ? by.reason : failure(error);
    }
  }
}

async function* body(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const part of response.body) yield part as Uint8Array;
  } catch (error) {
    throw failure(error);
  }
}

/** fetch hides the reason in the cause. */
function failure(error: unknown): MirrorFault {
  if (error instanceof MirrorFault) return error;
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return new MirrorFault(
    'failed',
    `it can't be read (${(cause?.code ?? cause?.message ?? message).slice(0, 100)})`,
    error,
  );
}

function isAbsent({ status }: Response): boolean {
  return status === 404 || status === 410;
}

function requireStatus(response: Response, wanted: readonly number[]): void {
  const { status, headers } = response;
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (wanted.includes(status) && encoding === 'identity') return;
  discard(response);
  if (isAbsent(response)) throw new MirrorFault('absent', 'it does not have it');
  if (status >= 300 && status < 400) {
    throw new MirrorFault('failed', `it points elsewhere (${(headers.get('location') ?? '').slice(0, 100)})`);
  }
  if (wanted.includes(status))
    throw new MirrorFault('failed', `it sends ${encoding.slice(0, 20)}, not the bytes as they are`);
  throw new MirrorFault('failed', `it answers ${status}`);
}

function requireRange(response: Response, offset: number, size: number): void {
  const range = response.headers.get('content-range') ?? '';
  if (range === `bytes ${offset}-${size - 1}/${size}`) return;
  discard(response);
  throw new MirrorFault('failed', `it sends another range than was asked for (${range.slice(0, 60)})`);
}

function requireLength(response: Response, expected: number): void {
  const length = response.headers.get('content-length');
  if (length === null || Number(length) === expected) return;
  discard(response);
  throw new MirrorFault('wrong', `its copy has another length (${length.slice(0, 20)})`);
}

/** Frees the connection of an answer that nobody reads. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
