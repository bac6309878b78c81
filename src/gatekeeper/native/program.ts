import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ExternalError } from '../../system/errors.ts';
import type { RunProgram } from './carry-out.ts';

/** Where tools are looked for: directories that only root writes, and never the shims that lead back here. */
const DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Longest run of a command, in milliseconds. */
const LONGEST_MS = 60 * 60_000;

/** Most that is kept of what it prints, in bytes. */
const LOG_BYTES = 16 * 1024 * 1024;

/** The absolute path of an installed tool. Throws ExternalError `command-missing`. */
export async function findProgram(tool: string): Promise<string> {
  for (const directory of DIRECTORIES) {
    const path = join(directory, tool);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new ExternalError('command-missing', `The program ${tool} is not installed on this host.`, {
    nextSteps: [`Install ${tool}, and give the command again.`],
  });
}

/** Runs a program as this user, with an environment of three names, no input and no terminal. */
export const runProgram: RunProgram = async (program, args, { directory, signal }) => {
  const result = await execa(program, [...args], {
    cwd: directory,
    env: { PATH: DIRECTORIES.join(':'), HOME: directory, LC_ALL: 'C.UTF-8' },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: LOG_BYTES,
    timeout: LONGEST_MS,
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
    reject: false,
  });
  if (result.exitCode !== undefined) return { exitCode: result.exitCode, output: result.all ?? new Uint8Array() };
  throw new ExternalError(
    'command-failed',
    `${program} was ended: ${result.signal ?? result.code ?? 'no reason is known'}.`,
    {
      cause: result,
      nextSteps: ['Look at the host, and give the command again if it is still wanted.'],
    },
  );
};
