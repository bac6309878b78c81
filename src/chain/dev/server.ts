import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';
import type { DevChain } from './chain.ts';
import { Intake } from './intake.ts';
import { rpcMethods } from './rpc.ts';
import { RpcError, type RpcMethods } from './rpc-types.ts';
import { Subscriptions } from './subscriptions.ts';
import { Turns } from './turns.ts';

const HOST = '127.0.0.1';
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_BATCH = 100;
/** Like the native node's. */
const MAX_CONNECTIONS = 100;
/** Bytes of requests that wait for their answers. */
const MAX_WAITING = { each: 16 * 1024 * 1024, total: 128 * 1024 * 1024 };
/** A client that doesn't read what it asked for is let go before that fills the memory. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** Who hasn't said after this time what it wants is let go. */
const HANDSHAKE_MS = 10_000;
/** A browser on this machine may use the chain from these pages; any other page must not reach into localhost. */
const ALLOWED_ORIGIN = /^(https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?|https:\/\/polkadot\.js\.org)$/;

const request = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().max(128),
  params: z.array(z.unknown()).default([]),
});
type Request = z.infer<typeof request>;

/** A port of ours that answers "not yet" until a chain is given to it. */
export interface RpcServer {
  readonly port: number;
  serve(chain: DevChain): void;
  close(): Promise<void>;
}

/** Takes the port, on the loopback address only. Throws UserError `port-taken`. */
export async function listen(port: number): Promise<RpcServer> {
  const limits = { headersTimeout: HANDSHAKE_MS, requestTimeout: HANDSHAKE_MS, connectionsCheckingInterval: 1_000 };
  const http = createServer(limits, (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('This port speaks JSON-RPC over WebSocket.\n');
  });
  // Besides connections that work there are those that are about to begin, or never will.
  http.maxConnections = 4 * MAX_CONNECTIONS;
  const shares: Shares = { turns: new Turns(), intake: new Intake(MAX_WAITING) };
  let chain: DevChain | undefined;
  let methods: RpcMethods = {};
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  http.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    const { origin } = incoming.headers;
    const refused = origin !== undefined && !ALLOWED_ORIGIN.test(origin) ? '403 Forbidden' : undefined;
    const full = sockets.clients.size >= MAX_CONNECTIONS ? '429 Too Many Requests' : undefined;
    const status = refused ?? (chain === undefined ? '503 Service Unavailable' : full);
    if (status !== undefined || chain === undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const serving = chain;
    sockets.handleUpgrade(incoming, socket, head, (client) => converse(client, serving, methods, shares));
  });
  await bind(http, port);
  const address = http.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    serve: (served) => {
      chain = served;
      methods = rpcMethods(served);
    },
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

function bind(http: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => {
      reject(isErrno(error, 'EADDRINUSE') ? portTaken(port, error) : error);
    });
    http.listen({ host: HOST, port, exclusive: true }, () => resolve());
  });
}

function portTaken(port: number, cause: unknown): UserError {
  return new UserError('port-taken', `Port ${port} on ${HOST} is in use.`, {
    cause,
    nextSteps: [
      'Choose another port with --port.',
      `Or stop the program that uses it: \`ss -ltnp 'sport = :${port}'\` shows which it is.`,
    ],
  });
}

/** What connections share: nobody gets all of it. */
interface Shares {
  turns: Turns<WebSocket>;
  intake: Intake;
}

/** Speaks JSON-RPC 2.0 on one connection until it closes. */
function converse(client: WebSocket, chain: DevChain, methods: RpcMethods, { turns, intake }: Shares): void {
  const send = (message: unknown): void => {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > MAX_UNREAD_BYTES) client.terminate();
    else client.send(JSON.stringify(message));
  };
  const subscriptions = new Subscriptions(chain, (method, subscription, result) =>
    send({ jsonrpc: '2.0', method, params: { subscription, result } }),
  );
  const answer = async (asked: Request): Promise<object> => {
    const base = { jsonrpc: '2.0', id: asked.id ?? null };
    await turns.take(client);
    try {
      return { ...base, result: (await dispatch(asked, methods, subscriptions)) ?? null };
    } catch (error) {
      return { ...base, error: errorObject(error) };
    }
  };
  client.on('error', () => client.terminate());
  client.on('close', () => {
    turns.forget(client);
    intake.forget(client);
    subscriptions.close();
  });
  client.on('message', (data: RawData) => {
    const text = data.toString();
    const answered = intake.add(client, text.length);
    const parsed = z.union([request, z.array(request).min(1).max(MAX_BATCH)]).safeParse(parseJson(text));
    if (!parsed.success) {
      send({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid request' } });
      answered();
    } else if (Array.isArray(parsed.data)) {
      Promise.all(parsed.data.map(answer)).then(send).finally(answered);
    } else {
      answer(parsed.data).then(send).finally(answered);
    }
  });
}

export async function dispatch(asked: Request, methods: RpcMethods, subscriptions: Subscriptions): Promise<unknown> {
  const { method, params } = asked;
  if (method === 'rpc_methods') return { methods: [...Object.keys(methods), ...subscriptions.methods].sort() };
  if (subscriptions.handles(method)) return subscriptions.call(method, params);
  const implementation = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (implementation === undefined) throw new RpcError(-32601, `Method not found: ${method}`);
  return implementation(params);
}

function errorObject(error: unknown): { code: number; message: string } {
  if (error instanceof RpcError) return { code: error.code, message: error.message };
  if (error instanceof z.ZodError) return { code: -32602, message: `Invalid params: ${z.prettifyError(error)}` };
  return { code: -32603, message: `Internal error: ${(error as Error).message}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
