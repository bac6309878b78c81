import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Closure } from './closure.ts';

/**
 * Writes the files of a closure below `directory`, which is emptied first: what a run finds there are the verified bytes and
 * nothing besides, whatever was there. Gives the directory.
 */
export async function layOutClosure(closure: Closure, directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const { path, bytes, executable } of closure.files.values()) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600 });
    if (executable) await chmod(file, 0o700);
  }
  return directory;
}
