import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { ExternalError } from '../system/errors.ts';
import type { Libvirt, LibvirtEndpoint } from './libvirt.ts';
import { RemoteLibvirt } from './remote-libvirt.ts';
import { type ConnectionOptions, RpcConnection } from './rpc/connection.ts';
import { authType, procedures } from './rpc/protocol.ts';

/** sizeof(sockaddr_un.sun_path) less the closing zero: unix(7). */
const SOCKET_PATH_MAX = 107;

export interface ConnectOptions extends ConnectionOptions {
  /** Try again until then, because a daemon that was just started needs a moment. Milliseconds; default 0. */
  waitMs?: number;
  signal?: AbortSignal;
}

/** Connects to a libvirt daemon on this machine. Throws ExternalError `libvirt-unreachable`. */
export async function connectLibvirt(endpoint: LibvirtEndpoint, options: ConnectOptions = {}): Promise<Libvirt> {
  const deadline = performance.now() + (options.waitMs ?? 0);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await libvirtOver(await connectSocket(endpoint.socket), endpoint, options);
    } catch (cause) {
      if (performance.now() >= deadline) throw unreachable(endpoint, cause);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The same over a stream that is connected already: TLS, a channel of SSH. `endpoint.socket` is not used. */
export async function libvirtOver(
  transport: Duplex,
  endpoint: Omit<LibvirtEndpoint, 'socket'>,
  options: ConnectionOptions = {},
): Promise<Libvirt> {
  const rpc = new RpcConnection(transport, options);
  try {
    await authenticate(rpc);
    await rpc.call(procedures.connectOpen, { name: endpoint.uri, flags: 0 });
  } catch (error) {
    rpc.close();
    throw error;
  }
  return new RemoteLibvirt(rpc, endpoint.uri, endpoint.places);
}

async function authenticate(rpc: RpcConnection): Promise<void> {
  const { types } = await rpc.call(procedures.authList, undefined);
  if (types.length === 0 || types.includes(authType.none)) return;
  if (types.includes(authType.polkit)) {
    await rpc.call(procedures.authPolkit, undefined);
    return;
  }
  throw new ExternalError(
    'libvirt-auth',
    'libvirt asks for a user name and password (SASL), which logos does not do.',
    {
      nextSteps: ['Let root use the socket without SASL: auth_unix_rw in libvirtd.conf.'],
    },
  );
}

/** A stream to a unix socket, however deep its directory is. */
export async function connectSocket(path: string): Promise<Duplex> {
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return connected(path);
  // A socket in a deep directory is reached through that directory's descriptor, which has a short name.
  const directory = await open(dirname(path), 'r');
  try {
    return await connected(`/proc/self/fd/${directory.fd}/${basename(path)}`);
  } finally {
    await directory.close();
  }
}

function connected(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function unreachable(endpoint: LibvirtEndpoint, cause: unknown): ExternalError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ExternalError('libvirt-unreachable', `libvirt can't be reached at ${endpoint.socket}: ${why}`, {
    cause,
    nextSteps: ['Start the host with `logos provide`, or see `logos doctor` for what libvirt lacks.'],
  });
}
