import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isErrno, readIfPresent } from '../system/files.ts';
import type { Home } from '../system/home.ts';

/** machine-id(5). */
const MACHINE = /^[0-9a-f]{32}$/;

/**
 * What other hosts call an instance of this program: `<machine-id>:<its directory>`, since the directory alone is the same on every
 * machine. Where the machine has no machine-id(5), a number of the instance's own stands for it from then on.
 */
export async function hostId(home: Pick<Home, 'root' | 'state'>, machineIdFile = '/etc/machine-id'): Promise<string> {
  const kept = join(home.state, 'host-id');
  const machine = (await machineIn(kept)) ?? (await machineIn(machineIdFile)) ?? (await makeUp(kept));
  return `${machine}:${resolve(home.root)}`;
}

/** The directory of an instance of which the id is given, or the directory itself. */
export function rootOf(idOrDirectory: string): string {
  const [, directory] = /^[0-9a-f]{32}:(\/.*)$/.exec(idOrDirectory) ?? [];
  return directory ?? idOrDirectory;
}

async function machineIn(file: string): Promise<string | undefined> {
  const text = (await readIfPresent(file))?.trim();
  return text !== undefined && MACHINE.test(text) ? text : undefined;
}

async function makeUp(file: string): Promise<string> {
  const machine = randomBytes(16).toString('hex');
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, machine, { flag: 'wx', mode: 0o600 });
    return machine;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  // Another process was first.
  return (await readFile(file, 'utf8')).trim();
}
