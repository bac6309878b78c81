import { lstat, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { UserError } from '../../system/errors.ts';

/**
 * Removes the socket that a service left at this path when it ended. Throws UserError `gpu-address-taken` for what is no
 * socket, and for one that may be in use.
 */
export async function vacate(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw taken(path, 'is there and is no socket');
  const code = await connection(path);
  if (code === 'ECONNREFUSED') await rm(path, { force: true });
  else if (code !== 'ENOENT') throw taken(path, code === 'connected' ? 'is in use by another service' : `says ${code}`);
}

/** `connected`, or the code of the error. */
function connection(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const tell = (code: string) => {
      socket.destroy();
      resolve(code);
    };
    socket.once('connect', () => tell('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => tell(error.code ?? error.message));
  });
}

function taken(path: string, how: string): UserError {
  return new UserError('gpu-address-taken', `${path} ${how}.`, {
    nextSteps: ['Listen on another path, or remove what is there.'],
  });
}
