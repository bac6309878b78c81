import { chmod, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, UserError } from '../system/errors.ts';
import { isErrno } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { builtInLibraries } from './request.ts';

/** Where this instance keeps its shims; PATH must name it first. */
export function shimDirectory(home: Home): string {
  return join(home.root, 'shims');
}

/** In each shim, so that no other file is ever replaced or removed. */
const MARK = '# logos shim';

export interface Shim {
  readonly tool: string;
  readonly path: string;
  readonly state: 'made' | 'kept' | 'removed' | 'absent';
}

/**
 * Puts a wrapper for each tool into `shimDirectory`: people and scripts go on to type the tool's name, and the gatekeeper gets
 * the command. `program`: how `logos` itself is started, as an absolute path and arguments before the command.
 * Throws UserError `tool-unknown` for one without a reference library, `shim-in-the-way` when another file has the name; nothing
 * was changed then.
 */
export async function installShims(home: Home, tools: readonly string[], program: readonly string[]): Promise<Shim[]> {
  const libraries = builtInLibraries();
  for (const tool of tools) {
    if (libraries.forTool(tool) === undefined) {
      const known = libraries.all.flatMap((library) => library.tools).join(', ');
      throw new UserError('tool-unknown', `There is no reference library for ${JSON.stringify(tool)}.`, {
        exitCode: ExitCode.usage,
        nextSteps: [`Use one of: ${known}.`],
      });
    }
    await stateOf(home, tool);
  }
  await mkdir(shimDirectory(home), { recursive: true, mode: 0o755 });
  const shims: Shim[] = [];
  for (const tool of tools) {
    const path = join(shimDirectory(home), tool);
    const text = shimText(tool, program, home);
    const before = await stateOf(home, tool);
    if (before !== text) {
      await writeFile(path, text);
      await chmod(path, 0o755);
    }
    shims.push({ tool, path, state: before === text ? 'kept' : 'made' });
  }
  return shims;
}

/** Removes shims. Throws UserError `shim-in-the-way` when a file of that name is none of ours; nothing was changed then. */
export async function removeShims(home: Home, tools: readonly string[]): Promise<Shim[]> {
  const states = new Map<string, string | undefined>();
  for (const tool of tools) states.set(tool, await stateOf(home, tool));
  const shims: Shim[] = [];
  for (const [tool, text] of states) {
    const path = join(shimDirectory(home), tool);
    if (text !== undefined) await rm(path);
    shims.push({ tool, path, state: text === undefined ? 'absent' : 'removed' });
  }
  return shims;
}

/** The text of a shim that is there. */
async function stateOf(home: Home, tool: string): Promise<string | undefined> {
  const path = join(shimDirectory(home), tool);
  try {
    const text = (await lstat(path)).isFile() ? await readFile(path, 'utf8') : '';
    if (text.includes(MARK)) return text;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  throw new UserError('shim-in-the-way', `${path} is there already, and is no shim.`, {
    nextSteps: ['Move it away, and run the same command again.'],
  });
}

function shimText(tool: string, program: readonly string[], home: Home): string {
  const command = program.map(quoted).join(' ');
  return [
    '#!/bin/sh',
    MARK,
    `LOGOS_HOME=${quoted(home.root)} exec ${command} request -- ${quoted(tool)} "$@"`,
    '',
  ].join('\n');
}

/** One word of a shell (POSIX, 2.2.2 Single-Quotes). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
