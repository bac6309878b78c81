import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server on loopback that answers as a test says, and remembers what it was asked. */
export interface HostileMirror {
  readonly url: string;
  /** `METHOD path range` of each request. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function hostileMirror(answer: Answer): Promise<HostileMirror> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim());
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends the whole file, whatever range was asked for. */
export function plainFile(files: Readonly<Record<string, Uint8Array>>): Answer {
  return (request, response) => {
    const bytes = files[(request.url ?? '').slice(1)];
    if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes);
  };
}
