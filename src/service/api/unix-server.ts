import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';

/** Bytes that the path of a unix socket may have (unix(7), sun_path without its closing zero). */
const PATH_BYTES = 107;

/**
 * Has a server listen on a unix socket with exactly this mode from its first moment on: it is made in a directory that
 * nobody else can enter, and renamed to its place. A socket that a killed process left behind is replaced that way;
 * one that somebody answers on is not. Gives a function that removes the socket again, if it is still this one.
 * Throws UserError `already-running`, `home-path-too-long`.
 */
export async function listenOnUnixSocket(server: Server, path: string, mode: number): Promise<() => Promise<void>> {
  const nursery = join(dirname(path), `.${randomBytes(3).toString('hex')}`);
  const born = join(nursery, 's');
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(born)) > PATH_BYTES) {
    throw new UserError('home-path-too-long', `${path} is too long for a socket: ${PATH_BYTES} bytes are the limit.`, {
      nextSteps: ['Choose a shorter LOGOS_HOME.'],
    });
  }
  if (await answers(path)) {
    throw new UserError('already-running', `Another process answers on ${path}.`, {
      nextSteps: ['End it with `logos provide --stop`.'],
    });
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await mkdir(nursery, { mode: 0o700 });
  try {
    await listen(server, born);
    await chmod(born, mode);
    await rename(born, path);
  } finally {
    await rm(born, { force: true });
    await rmdir(nursery);
  }
  const { ino } = await lstat(path);
  return async () => {
    const now = await lstat(path).catch(() => undefined);
    if (now?.ino === ino) await rm(path, { force: true });
  };
}

/** Whether a process accepts connections on a unix socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = connect(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', (error) => {
      const nobody = isErrno(error, 'ENOENT') || isErrno(error, 'ECONNREFUSED') || isErrno(error, 'ENOTSOCK');
      if (nobody) resolve(false);
      else reject(error);
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
