import { createServer, type TLSSocket } from 'node:tls';
import { UserError } from '../../system/errors.ts';
import type { Served } from './serve.ts';
import { serveRemote } from './serve.ts';
import { readPki } from './transports.ts';

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves other hosts over TLS 1.3. Whoever has a certificate of the CA in `pki` may do anything with this host's DVMs; others don't get
 * past the handshake. `port` 0: a free one. Throws UserError `dvm-certificate-missing` | `dvm-listen-failed`.
 */
export async function listenTls(at: { address: string; port: number; pki: string }, served: Served): Promise<Listener> {
  const own = await readPki(at.pki, 'server');
  const open = new Set<TLSSocket>();
  const server = createServer(
    { ...own, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true },
    (socket) => {
      open.add(socket.setNoDelay(true));
      socket.once('close', () => open.delete(socket));
      void serveRemote(socket, served);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new UserError('dvm-listen-failed', `Nobody can be served at ${at.address}:${at.port}: ${cause.message}`, {
          cause,
          nextSteps: ['Choose an address of this host and a port that is free.'],
        }),
      ),
    );
    server.listen(at.port, at.address, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : at.port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
