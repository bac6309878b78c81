import { open, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';

/** What a guest moves over: its memory, its disks. */
export type MigrationStream = 'memory' | 'disks';

/** The way to another host's migration sockets: local, or forwarded over whatever joins the hosts. */
export interface MigrationLink {
  /** A stream to the socket of this name at the destination. */
  connect(socket: string): Promise<Duplex>;
}

/** For a destination whose sockets are reached through a directory of this machine (its own, or one of forwarded sockets). */
export function directoryLink(directory: string): MigrationLink {
  return {
    connect: (socket) =>
      withShortPath(join(directory, socket), (path) => {
        return new Promise<Duplex>((resolve, reject) => {
          const stream = connect(path);
          stream.once('error', reject);
          stream.once('connect', () => {
            stream.off('error', reject);
            resolve(stream);
          });
        });
      }),
  };
}

export interface Relay {
  close(): Promise<void>;
}

/** The name of a socket, of which each host has one while the guest moves. */
export function socketName(uuid: string, stream: MigrationStream): string {
  return `${uuid}.${stream}`;
}

/**
 * Listens in the source's directory of sockets, and passes what comes on to the destination's socket of the same name. A stream that
 * breaks on one side ends on the other, which ends the migration.
 */
export async function relay(directory: string, socket: string, link: MigrationLink): Promise<Relay> {
  const path = join(directory, socket);
  await rm(path, { force: true });
  const open = new Set<Duplex>();
  const server = createServer({ allowHalfOpen: true }, (near: Socket) => {
    track(open, near);
    link.connect(socket).then(
      (far) => {
        track(open, far);
        const broken = (): void => {
          near.destroy();
          far.destroy();
        };
        pipeline(near, far, (error) => error && broken());
        pipeline(far, near, (error) => error && broken());
      },
      () => near.destroy(),
    );
  });
  await withShortPath(path, (short) => {
    return new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // The directory is QEMU's user's, who may write a socket of root's only so. A change of mode by path afterwards could be led to
      // another file; the socket is made within the call.
      const mask = process.umask(0);
      try {
        server.listen(short, () => resolve());
      } finally {
        process.umask(mask);
      }
    });
  });
  return {
    close: async () => {
      server.close();
      for (const stream of open) stream.destroy();
      await rm(path, { force: true });
    },
  };
}

function track(open: Set<Duplex>, stream: Duplex): void {
  open.add(stream);
  // Two pipelines look after each.
  stream.setMaxListeners(24);
  stream.on('error', () => {});
  stream.once('close', () => open.delete(stream));
}

/** A socket in a deep directory has a path that is too long for unix(7), and is reached through the directory's descriptor. */
async function withShortPath<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  const directory = await open(dirname(path), 'r');
  try {
    return await use(`/proc/self/fd/${directory.fd}/${basename(path)}`);
  } finally {
    await directory.close();
  }
}
