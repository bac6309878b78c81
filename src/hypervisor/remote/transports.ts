import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ExternalError, UserError } from '../../system/errors.ts';
import { sshStream } from '../../system/ssh.ts';
import type { RemoteTransport } from './open.ts';
import type { RemoteUri } from './uri.ts';

/** A host that is further away has hardly more. Milliseconds. */
const CONNECT_MS = 30_000;

/** The way to a host by its URI. */
export function transportTo(uri: RemoteUri): RemoteTransport {
  if (uri.transport === 'ssh') return { open: async () => sshStream(uri.target, uri.command) };
  return { open: () => openTls(uri) };
}

/** One side's part of a directory of certificates, in libvirt's names. Throws UserError `dvm-certificate-missing`. */
export async function readPki(directory: string, side: 'client' | 'server') {
  try {
    const [ca, cert, key] = await Promise.all(
      ['cacert.pem', `${side}cert.pem`, `${side}key.pem`].map((file) => readFile(join(directory, file))),
    );
    return { ca, cert, key, minVersion: 'TLSv1.3' } as const;
  } catch (cause) {
    throw new UserError('dvm-certificate-missing', `${directory} has no certificates: ${(cause as Error).message}`, {
      cause,
      nextSteps: ['Make them with `logos dvm certify`, and put the host’s own part of them there.'],
    });
  }
}

async function openTls({ address, port, pki }: Extract<RemoteUri, { transport: 'tls' }>): Promise<Duplex> {
  const own = await readPki(pki, 'client');
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ ...own, host: address, port, timeout: CONNECT_MS });
    const fail = (cause: Error): void => {
      socket.destroy();
      reject(unreachable(`${address}:${port}`, cause));
    };
    socket.once('timeout', () => fail(new Error('it does not answer')));
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.setTimeout(0).setNoDelay(true).off('error', fail);
      resolve(socket);
    });
  });
}

function unreachable(host: string, cause: Error): ExternalError {
  return new ExternalError('dvm-remote-unreachable', `${host} can't be reached over TLS: ${cause.message}`, {
    host,
    cause,
    nextSteps: [
      'See that `logos dvm listen` runs there, and that its firewall lets this host in.',
      'Where a certificate is refused: both must be of one CA, and the server’s must have the name in the URI.',
    ],
  });
}
