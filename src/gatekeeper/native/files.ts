import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

/** Most that the files of one command may hold together, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Most files beside one that are taken along. */
const MAX_BESIDE = 8;

/**
 * Reads the files that a command line may mean: every argument, or what follows its first `=`, that is the path of a regular
 * file which this process may read, relative to `directory`, and those beside it whose names go on from its name (a signature,
 * as a rule). Which of them are part of the command its library decides. Each
 * is read once, so that what is checked is what is run. Files beyond 4 MiB in all are left out.
 */
export async function filesNamed(argv: readonly string[], directory: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let left = MAX_BYTES;
  for (const path of argv.slice(1).flatMap(candidates)) {
    if (path === '' || path.includes('\0') || files.has(path)) continue;
    const bytes = await contentOf(resolve(directory, path), left);
    if (bytes === undefined) continue;
    files.set(path, bytes);
    left -= bytes.length;
    for (const beside of await namesBeside(resolve(directory, path))) {
      const content = await contentOf(resolve(directory, `${path}${beside}`), left);
      if (content === undefined) continue;
      files.set(`${path}${beside}`, content);
      left -= content.length;
    }
  }
  return files;
}

function candidates(argument: string): string[] {
  const equals = argument.indexOf('=');
  return equals < 0 ? [argument] : [argument, argument.slice(equals + 1)];
}

/** Endings with which the names of other files go on from this one's. */
async function namesBeside(path: string): Promise<string[]> {
  const start = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => name.startsWith(start))
    .slice(0, MAX_BESIDE)
    .map((name) => name.slice(start.length - 1));
}

async function contentOf(path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    // A device may do anything when it is opened, and a FIFO that takes the file's place meanwhile would wait.
    if (!(await stat(path)).isFile()) return undefined;
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const before = await file.stat();
      if (!before.isFile() || before.size > limit) return undefined;
      const bytes = await file.readFile();
      return bytes.length <= limit ? bytes : undefined;
    } finally {
      await file.close();
    }
  } catch {
    // Not there, or not for this user to read: then it is no file of the command's.
    return undefined;
  }
}
