import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { z } from 'zod';
import type { ClientGatekeeper } from '../../gatekeeper/index.ts';
import { ExitCode, type LogosError, reportOf, toLogosError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import type { HostDeployer } from '../deploy/host.ts';
import type { StatusDocument, StatusMessage } from '../status-document.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { EventStreams } from './event-streams.ts';
import { requestRoutes } from './request-routes.ts';
import { listenOnUnixSocket } from './unix-server.ts';

/** What can be ordered from the running gatekeeper. */
export interface Orders {
  stop(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stopDvm(name: string): Promise<void>;
}

export interface LocalApiOptions {
  home: Home;
  status(): StatusDocument | Promise<StatusDocument>;
  /** Calls the listener with each change; gives what ends that. */
  subscribe(listener: (message: StatusMessage) => void): () => void;
  orders: Orders;
  /** The gatekeeper, while it has the chain. */
  gatekeeper?(): ClientGatekeeper | undefined;
  /** What applies deployments, while the gatekeeper has the chain. */
  deployments?(): HostDeployer | undefined;
}

/** Any user of this machine may connect to the status socket: that must not exhaust us. */
const MAX_CONNECTIONS = 64;

/**
 * The local API, HTTP over two unix sockets in `run/`: `status.sock` for everybody and read-only, `control.sock` for the
 * owner with orders too (docs/status.md). Throws UserError `already-running` when another process answers there.
 */
export async function serveLocalApi(options: LocalApiOptions): Promise<{ close(): Promise<void> }> {
  const streams = new EventStreams(options);
  const status = await openSocket(join(options.home.run, 'status.sock'), 0o666, (app) => {
    readRoutes(app, options, streams);
    refuseOrders(app);
  });
  try {
    const control = await openSocket(join(options.home.run, 'control.sock'), 0o600, (app) => {
      readRoutes(app, options, streams);
      orderRoutes(app, options.orders);
      requestRoutes(app, options.gatekeeper ?? (() => undefined), process.getuid?.() ?? 0);
      deploymentRoutes(app, options.deployments ?? (() => undefined));
    });
    return {
      close: async () => {
        streams.close();
        await Promise.all([status.close(), control.close()]);
      },
    };
  } catch (error) {
    await status.close();
    throw error;
  }
}

async function openSocket(
  path: string,
  mode: number,
  routes: (app: FastifyInstance) => void,
): Promise<{ close(): Promise<void> }> {
  let server: Server | undefined;
  const app = fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    serverFactory: (handler) => {
      server = createServer(handler);
      server.maxConnections = MAX_CONNECTIONS;
      return server;
    },
  });
  app.setErrorHandler((error, _request, reply) => sendError(reply, toLogosError(error)));
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, new UserError('api-unknown', `There is no ${request.method} ${request.url}.`), 404),
  );
  routes(app);
  await app.ready();
  if (!server) throw new TypeError('fastify made no server');
  const remove = await listenOnUnixSocket(server, path, mode);
  const listening = server;
  return {
    close: async () => {
      await remove();
      listening.closeAllConnections();
      await new Promise<void>((resolve) => listening.close(() => resolve()));
      await app.close();
    },
  };
}

function readRoutes(app: FastifyInstance, options: LocalApiOptions, streams: EventStreams): void {
  app.get('/v1/status', async () => options.status());
  app.get('/v1/events', async (_request, reply) => {
    reply.hijack();
    await streams.add(reply.raw as ServerResponse);
  });
}

function refuseOrders(app: FastifyInstance): void {
  const refusal = new UserError('read-only-socket', 'This socket only answers questions.', {
    exitCode: ExitCode.unauthorised,
    nextSteps: ['Give orders as the owner of LOGOS_HOME, through control.sock.'],
  });
  app.post('/*', async (_request, reply) => sendError(reply, refusal, 403));
}

const dvmParameters = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/) });

function orderRoutes(app: FastifyInstance, orders: Orders): void {
  const order = (path: string, give: () => Promise<void>): void => {
    app.post(path, async () => {
      await give();
      return { ok: true };
    });
  };
  order('/v1/stop', () => orders.stop());
  order('/v1/pause', () => orders.pause());
  order('/v1/resume', () => orders.resume());
  app.post('/v1/dvms/:name/stop', async (request, reply) => {
    const parameters = dvmParameters.safeParse(request.params);
    if (!parameters.success)
      return sendError(reply, new UserError('dvm-name-invalid', 'That is no name of a DVM.'), 400);
    await orders.stopDvm(parameters.data.name);
    return { ok: true };
  });
}

/** The body is the same as the `result` line's (docs/cli.md). */
function sendError(
  reply: FastifyReply,
  error: LogosError,
  status = error instanceof UserError ? 409 : 500,
): FastifyReply {
  return reply.code(status).send({ ok: false, error: reportOf(error) });
}
