import { type WebSocket, WebSocketServer } from 'ws';
import type { LightClient } from './client.ts';
import { lightClientFailed } from './errors.ts';
import { end, type JsonRpcChain } from './provider.ts';

/** A light client that others on this machine can use as they would use a node. */
export interface LightServer {
  /** WebSocket address of its JSON-RPC. */
  readonly url: string;
  /** Ends the connections; the client goes on. */
  close(): Promise<void>;
}

/** Larger requests than any transaction are refused. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const TRY_LATER = 1013;

/** Serves a light client's JSON-RPC on the loopback address. `port` 0 takes any free one. Throws `port-taken` (EADDRINUSE). */
export async function serveLightClient(client: LightClient, port: number): Promise<LightServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, maxPayload: MAX_REQUEST_BYTES });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  server.on('connection', (socket) => {
    serve(socket, client).catch((error: Error) => socket.close(TRY_LATER, error.message.slice(0, 100)));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw lightClientFailed('it listens nowhere');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Each connection has a chain of its own, so that nobody sees another's answers and subscriptions. */
async function serve(socket: WebSocket, client: LightClient): Promise<void> {
  // What comes before the chain is there must not be lost.
  const early: string[] = [];
  let take = (request: string): void => {
    early.push(request);
  };
  socket.on('message', (data) => take(String(data)));
  const chain = await client.connect();
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  socket.once('close', () => end(chain));
  if (!isOpen()) {
    end(chain);
    return;
  }
  take = (request) => forward(request, chain, socket);
  for (const request of early) take(request);
  while (isOpen()) socket.send(await chain.nextJsonRpcResponse());
}

function forward(request: string, chain: JsonRpcChain, socket: WebSocket): void {
  try {
    chain.sendJsonRpc(request);
  } catch (error) {
    // The queue is full, or the client has ended.
    socket.close(TRY_LATER, (error as Error).message.slice(0, 100));
  }
}
