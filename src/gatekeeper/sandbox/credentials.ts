import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ExternalError, UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';
import type { Bound } from './plan.ts';
import type { Credential } from './spec.ts';

/** Most that a file of variables may hold, in bytes. */
const MAX_VARIABLES_BYTES = 64 * 1024;

/** What a tool is given of its host's credentials. */
export interface Credentials {
  readonly files: readonly Bound[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Finds in `directory` what a library says that its tool needs; `home` is where the tool's work directory is for it. A file counts
 * only if nobody but this user can have written or read it. Throws ExternalError `credential-missing`, and UserError
 * `credential-unsafe` or `credential-malformed`; their messages say nothing of what is inside.
 */
export async function findCredentials(
  wanted: readonly Credential[],
  directory: string,
  home: string,
): Promise<Credentials> {
  const files: Bound[] = [];
  const variables: Record<string, string> = {};
  for (const credential of wanted) {
    const path = join(directory, credential.file);
    const content = await readOwn(path, credential);
    if (content === undefined) continue;
    if ('names' in credential) {
      Object.assign(variables, pick(parseVariables(content, path), credential.names));
      continue;
    }
    const at = join(home, credential.at);
    files.push({ source: path, at });
    if (credential.variable !== undefined) variables[credential.variable] = at;
  }
  return { files, variables };
}

/** Opened before it is looked at, so that what is judged is what is read: a file of variables alone is. */
async function readOwn(path: string, credential: Credential): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0 || found.nlink !== 1)
        throw unsafe(path);
      if (!('names' in credential)) return '';
      if (found.size <= MAX_VARIABLES_BYTES) return await file.readFile('utf8');
      throw malformed(`${path} is too large for a file of variables.`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isErrno(cause, 'ELOOP')) throw unsafe(path);
    if (!isErrno(cause, 'ENOENT') && !isErrno(cause, 'ENOTDIR')) throw cause;
    if (!credential.required) return undefined;
    throw new ExternalError('credential-missing', `The tool needs ${path}, which isn't there.`, {
      cause,
      nextSteps: [`Put it there as root: \`install -m 0600 FILE ${path}\`.`],
    });
  }
}

/** Lines `NAME=value`, with `#` before a remark. No quotes and no shell: a value is all that follows the first `=`. */
export function parseVariables(text: string, path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=([^\0\r]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || found.has(name))
      throw malformed(`Line ${index + 1} of ${path} is not one NAME=value, once.`);
    found.set(name, value);
  }
  return found;
}

function pick(all: ReadonlyMap<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (all.has(name) ? [[name, all.get(name) as string]] : [])));
}

function malformed(message: string): UserError {
  return new UserError('credential-malformed', message, {
    nextSteps: ['Write one variable a line, without quotes or `export`.'],
  });
}

function unsafe(path: string): UserError {
  return new UserError('credential-unsafe', `${path} is not a file of this user's alone.`, {
    nextSteps: [`Look at who wrote it; then \`chown root: ${path} && chmod 0600 ${path}\`.`],
  });
}
