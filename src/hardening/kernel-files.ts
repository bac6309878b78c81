import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readlink, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isErrno, readIfPresent } from '../system/files.ts';

/** Files that are doors into the kernel (sysctls, cgroups): read and written whole, never created, never renamed. */
export interface KernelFiles {
  /** Trimmed text, or `undefined` when there is no such file. */
  read(path: string): Promise<string | undefined>;
  write(path: string, value: string): Promise<void>;
  writable(path: string): Promise<boolean>;
  makeDirectory(path: string): Promise<void>;
  /** Succeeds when it is gone already. */
  removeDirectory(path: string): Promise<void>;
  isDirectory(path: string): Promise<boolean>;
  /** Paths of the directories inside, none when it does not exist. */
  directories(path: string): Promise<string[]>;
  /** Last part of where a link leads; `undefined` when there is none. */
  link(path: string): Promise<string | undefined>;
  /** Names of all that is inside, sorted; none when it does not exist. */
  names(path: string): Promise<string[]>;
}

export const kernelFiles: KernelFiles = {
  read: async (path) => {
    try {
      return (await readIfPresent(path))?.trim();
    } catch (error) {
      // Some sysctls can only be written, some can't be answered by this kernel: the same as absent to us.
      if (isErrno(error, 'EACCES') || isErrno(error, 'EINVAL') || isErrno(error, 'EISDIR') || isErrno(error, 'EIO'))
        return undefined;
      throw error;
    }
  },
  write: async (path, value) => {
    // Without O_CREAT: a name the kernel does not know must fail, also in a directory that takes new files.
    const file = await open(path, constants.O_WRONLY | constants.O_TRUNC);
    try {
      await file.write(value);
    } finally {
      await file.close();
    }
  },
  writable: async (path) => {
    try {
      await access(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  makeDirectory: async (path) => {
    try {
      await mkdir(path);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  },
  removeDirectory: async (path) => {
    try {
      await rmdir(path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  },
  isDirectory: async (path) => {
    try {
      return (await stat(path)).isDirectory();
    } catch {
      return false;
    }
  },
  link: async (path) => {
    try {
      return basename(await readlink(path));
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') || isErrno(error, 'EINVAL')) return undefined;
      throw error;
    }
  },
  names: async (path) => {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
      throw error;
    }
  },
  directories: async (path) => {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  },
};
