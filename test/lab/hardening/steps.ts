import fs, { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type KernelFiles, kernelFiles } from '../../../src/hardening/kernel-files.ts';
import { type Exec, localExec } from '../../../src/system/exec.ts';

export interface CountedEffects {
  readonly exec: Exec;
  readonly files: KernelFiles;
  /** How many steps were made so far. */
  count(): number;
}

/**
 * Effects that end this process by SIGKILL right after the Nth step: a journal line on disk, a file renamed into place, a
 * value written to the kernel, a group made or removed, or a program that was run.
 */
export async function dieAfter(last: number): Promise<CountedEffects> {
  let steps = 0;
  const step = <T>(result: T): T => {
    if (++steps === last) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  const counted = async <T>(effect: Promise<T>): Promise<T> => step(await effect);
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  // Every journal line, and every file before it gets its name, is synced first.
  const sync = prototype.sync;
  prototype.sync = function (this: FileHandle) {
    return counted(sync.call(this));
  };
  const rename = fs.rename;
  fs.rename = (...args) => counted(rename(...args));
  syncBuiltinESMExports();
  return {
    count: () => steps,
    exec: (command, args, options) => counted(localExec(command, args, options)),
    files: {
      ...kernelFiles,
      write: (path, value) => counted(kernelFiles.write(path, value)),
      makeDirectory: (path) => counted(kernelFiles.makeDirectory(path)),
      removeDirectory: (path) => counted(kernelFiles.removeDirectory(path)),
    },
  };
}
