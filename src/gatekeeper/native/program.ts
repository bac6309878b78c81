import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { ExternalError } from '../../system/errors.ts';
import { PROGRAM_DIRECTORIES } from '../../system/sandbox/programs.ts';

/** The absolute path of an installed tool. Throws ExternalError `command-missing`. */
export async function findProgram(tool: string): Promise<string> {
  for (const directory of PROGRAM_DIRECTORIES) {
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
