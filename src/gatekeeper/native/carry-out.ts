import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Operation, RunCommand } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { ExitCode, ExternalError, UserError } from '../../system/errors.ts';
import { hasEntry, syncDirectory, writeFileAtomic } from '../../system/files.ts';
import type { Json } from '../../system/journal.ts';
import type { LibrarySet, NamedDocument } from '../library/index.ts';
import type { Command } from './command.ts';
import type { CommandStore } from './command-store.ts';
import { readNative } from './read.ts';

/** Runs a program in a directory with nothing of the caller's environment; gives how it ended and all that it printed. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options: { directory: string; signal?: AbortSignal },
) => Promise<{ exitCode: number; output: Uint8Array }>;

export interface CarryOutOptions {
  readonly commands: CommandStore;
  /** The reference libraries that the chain names now. */
  libraries(): Promise<LibrarySet>;
  /** Each run has a directory of its own below this one, with the command's files and its log. */
  readonly directory: string;
  /** Where a tool is installed, as an absolute path. Throws ExternalError `command-missing`. */
  find(tool: string): Promise<string>;
  readonly run: RunProgram;
}

/**
 * Carries out an operation of kind `run`: takes the command of that digest, has it pass its library once more, lays out the
 * bytes that were let through (and not what may be at those paths by now), and runs exactly that. What it returns goes on
 * chain as a digest: exit code, size and SHA-256 of the log, never the log.
 *
 * Throws ExternalError `command-unknown`, `command-damaged`, `command-interrupted`, `command-failed`, `command-missing`;
 * UserError `library-changed`, `document-not-shown`, and what the library refuses.
 */
export async function carryOut(
  operation: Operation<RunCommand>,
  options: CarryOutOptions,
  signal?: AbortSignal,
): Promise<Json> {
  const command = await options.commands.command(operation.kind.command);
  const files = await allowedFiles(operation.kind, command, options);
  const directory = join(options.directory, operation.kind.command);
  const program = await options.find(basename(command.argv[0] ?? ''));
  await begin(directory, operation.id);
  const { argv, paths } = await layOut(command, files, directory);
  await compareShown(files, async (args, index) => {
    const shown = await options.run(program, [...args, paths.get(index) ?? ''], { directory, signal });
    return shown.exitCode === 0 ? shown.output : new Uint8Array();
  });
  const { exitCode, output } = await options.run(program, argv.slice(1), { directory, signal });
  const log = { log: sha256Hex(output), logBytes: output.length };
  await writeFileAtomic(join(directory, 'log'), output);
  if (exitCode === 0) return { operation: operation.kind.operation, exitCode, ...log };
  throw new ExternalError(
    'command-failed',
    `${operation.kind.operation} ended with exit code ${exitCode}, log ${log.log}`,
    {
      status: exitCode,
      nextSteps: [`Read ${join(directory, 'log')} on the host.`],
    },
  );
}

/** The rules may have changed since the command was let through: today's count. */
async function allowedFiles(
  kind: RunCommand,
  command: Command,
  { commands, libraries }: CarryOutOptions,
): Promise<readonly NamedDocument[]> {
  const documents = new Map<string, Uint8Array>();
  for (const { path, digest } of command.documents) documents.set(path, await commands.bytes(digest));
  const rules = { libraries: await libraries(), documents };
  const again = readNative(command.request, command, [kind.operation], rules);
  if (again.command.library === kind.library) return again.documents;
  throw new UserError(
    'library-changed',
    `The reference library of ${kind.operation} changed since it was let through.`,
    {
      nextSteps: ['Give the command again: it is then read by the new library.'],
    },
  );
}

/** A mark on disk before anything is done: a command that a crash broke off is never run a second time unasked. */
async function begin(directory: string, id: bigint): Promise<void> {
  const mark = join(directory, 'begun');
  if (await hasEntry(mark)) {
    throw new ExternalError(
      'command-interrupted',
      'This host stopped while the command ran: how far it came is not known.',
      {
        nextSteps: [
          `Look at the host, and give the command again if it is still wanted. Its files are in ${directory}.`,
        ],
      },
    );
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(mark, `${id}\n`, { flag: 'wx', mode: 0o600, flush: true });
  await syncDirectory(directory);
}

/** Writes the files to names of our own, and puts these into the arguments. */
async function layOut(
  { argv }: Command,
  files: readonly NamedDocument[],
  directory: string,
): Promise<{ argv: string[]; paths: ReadonlyMap<number, string> }> {
  const laid = [...argv];
  const paths = new Map<number, string>();
  for (const { index, start, companion, path, bytes } of files) {
    const ending = extname(path);
    // One that lies beside another is found by the other's name.
    const file = companion ? `${paths.get(index)}${ending}` : join(directory, `file-${index}${ending}`);
    await writeFile(file, bytes, { mode: 0o600 });
    if (companion) continue;
    paths.set(index, file);
    laid[index] = `${argv[index]?.slice(0, start)}${file}`;
  }
  return { argv: laid, paths };
}

/** What was checked must be what the tool will do: it says so itself, of the bytes that it will work on. */
async function compareShown(
  files: readonly NamedDocument[],
  show: (args: readonly string[], index: number) => Promise<Uint8Array>,
): Promise<void> {
  for (const { index, shownBy, path, bytes } of files) {
    if (shownBy === undefined || isSameJson(await show(shownBy, index), bytes)) continue;
    throw new UserError('document-not-shown', `${path} is not what the tool shows of the file beside it.`, {
      exitCode: ExitCode.refused,
      nextSteps: ['Make it again from that file with the tool, and give the command again.'],
    });
  }
}

function isSameJson(one: Uint8Array, other: Uint8Array): boolean {
  const text = (bytes: Uint8Array) => canonicalJson(JSON.parse(Buffer.from(bytes).toString('utf8')) as Json);
  try {
    return text(one) === text(other);
  } catch {
    return false;
  }
}
