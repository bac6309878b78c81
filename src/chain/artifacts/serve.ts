import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';

export interface ServeOptions {
  directory: string;
  /** Default 127.0.0.1: this machine only. */
  host?: string;
  /** 0 takes any free one. */
  port: number;
}

export interface ArtifactServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The names that are given out; nothing else of the folder can be asked for. */
const NAME = /^\/([0-9a-f]{64}(?:\.chunks)?)$/;
const MAX_CONNECTIONS = 256;
const IDLE_MS = 60_000;

/** Serves a store to other hosts: read-only, by SHA-256, with ranges. Throws UserError `port-taken`. */
export async function serveArtifacts({ directory, host = '127.0.0.1', port }: ServeOptions): Promise<ArtifactServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    answer(directory, request, response).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  // Who takes nothing of what it asked for makes room for others.
  server.setTimeout(IDLE_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(isErrno(error, 'EADDRINUSE') ? portTaken(host, port, error) : error));
    server.listen({ host, port, exclusive: true }, () => resolve());
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
    return;
  }
  const name = NAME.exec(request.url ?? '')?.[1];
  const file = name === undefined ? undefined : await openPlain(join(directory, name));
  if (file === undefined) {
    response.writeHead(404, { 'content-length': 0 }).end();
    return;
  }
  try {
    const { size } = await file.stat();
    const range = rangeOf(request.headers.range, size);
    const headers = {
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': name?.endsWith('.chunks') ? 'application/json' : 'application/octet-stream',
      etag: `"${name}"`,
    };
    if (range === 'unsatisfiable') {
      response.writeHead(416, { ...headers, 'content-length': 0, 'content-range': `bytes */${size}` }).end();
      return;
    }
    if (request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      'content-length': end - start + 1,
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    if (request.method === 'HEAD' || size === 0) response.end();
    // An open file stays readable, also when it is collected meanwhile.
    else await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

/** The file, unless it is a link or no plain file. */
async function openPlain(path: string) {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

/** One range (RFC 9110, 14.1.2); `undefined` for none and for what may be passed over, such as several at once. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = Math.min(last === '' ? size - 1 : Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

function portTaken(host: string, port: number, cause: unknown): UserError {
  return new UserError('port-taken', `Port ${port} on ${host} is in use.`, {
    cause,
    nextSteps: [
      'Choose another port with --port.',
      `Or stop the program that uses it: \`ss -ltnp 'sport = :${port}'\`.`,
    ],
  });
}
