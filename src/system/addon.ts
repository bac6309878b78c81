import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asset } from './assets.ts';
import { isErrno } from './files.ts';
import { homeFrom } from './home.ts';

/**
 * Loads a native addon that is an asset of the binary and gives its exports. dlopen(3) needs a file, so the bytes are
 * written to a directory only this user can enter, opened, and removed again: nothing stays behind that somebody could
 * exchange. The build puts calls of this in the place of `require('….node')` (tools/build/patches.mjs).
 */
export function loadAddon(name: string): unknown {
  const bytes = asset(name);
  const module: { exports: unknown } = { exports: {} };
  let failure: unknown;
  // A hardened host mounts /tmp noexec: then this program's own cache directory has to do.
  for (const parent of [tmpdir(), homeFrom().cache]) {
    try {
      openFrom(parent, bytes, module);
      return module.exports;
    } catch (error) {
      failure = error;
      if (!isErrno(error, 'ERR_DLOPEN_FAILED') && !isFileSystemError(error)) throw error;
    }
  }
  throw failure;
}

function openFrom(parent: string, bytes: Uint8Array, module: { exports: unknown }): void {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const directory = mkdtempSync(join(parent, 'logos-addon-'));
  try {
    const path = join(directory, 'addon.node');
    writeFileSync(path, bytes, { mode: 0o500 });
    process.dlopen(module, path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isFileSystemError(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR'].some((code) => isErrno(error, code));
}
