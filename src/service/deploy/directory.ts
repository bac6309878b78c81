import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackedFile } from '../../gatekeeper/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';

/** What tools and people keep beside a deployment, and no host needs. */
const LEFT_OUT = ['.ansible', '.git', '.terraform', '.DS_Store'];

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_FILES = 4_096;

/**
 * Reads all files of a directory, by their paths in it. Symbolic links and whatever is no plain file are refused, so that nothing
 * outside gets in. Throws UserError `deployment-directory` (exit code 2) and `deployment-entry` (exit code 3).
 */
export async function readDirectory(directory: string): Promise<PackedFile[]> {
  const files: PackedFile[] = [];
  let bytes = 0;
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(directory, folder), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (LEFT_OUT.includes(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else {
        const file = await readFile(directory, path);
        bytes += file.bytes.length;
        if (bytes > MAX_BYTES || files.length >= MAX_FILES)
          throw refusedEntry(path, `the directory has more than ${MAX_BYTES} bytes or ${MAX_FILES} files`);
        files.push(file);
      }
    }
  };
  try {
    await walk('');
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error;
    throw new UserError('deployment-directory', `There is no directory ${directory}.`, {
      cause: error,
      exitCode: ExitCode.usage,
      nextSteps: ['Name a directory with a deployment.yaml: `logos deploy plan DIRECTORY`.'],
    });
  }
  return files;
}

async function readFile(directory: string, path: string): Promise<PackedFile> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(join(directory, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ELOOP') || isErrno(error, 'ENXIO')) throw refusedEntry(path, 'it is a link or no plain file');
    throw error;
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) throw refusedEntry(path, 'it is no plain file');
    if (info.size > MAX_BYTES) throw refusedEntry(path, `it has more than ${MAX_BYTES} bytes`);
    return { path, executable: (info.mode & 0o100) !== 0, bytes: new Uint8Array(await file.readFile()) };
  } finally {
    await file.close();
  }
}

function refusedEntry(path: string, why: string): UserError {
  return new UserError('deployment-entry', `${JSON.stringify(path)} can't be part of a deployment: ${why}.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Put the file itself in its place, or take it away.'],
  });
}
