import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Operation, RunCommand } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { ExitCode, ExternalError, UserError } from '../../system/errors.ts';
import { hasEntry, syncDirectory } from '../../system/files.ts';
import type { Json } from '../../system/journal.ts';
import type { LibrarySet, NamedDocument, NativeCommand } from '../library/index.ts';
import { FILES_AT, type ToolRun, type ToolRunner } from '../sandbox/index.ts';
import type { Command } from './command.ts';
import type { CommandStore } from './command-store.ts';
import { BEGUN, pruneRuns } from './prune-runs.ts';
import { readNative } from './read.ts';

/** What a tool may print beside a file that it shows, in bytes. */
const SHOWN_BYTES = 64 * 1024;

export interface CarryOutOptions {
  readonly commands: CommandStore;
  /** The reference libraries that the chain names now. */
  libraries(): Promise<LibrarySet>;
  /** Each run has a directory of its own below this one, with the command's files and its log. */
  readonly directory: string;
  /** Where a tool is installed, as an absolute path. Throws ExternalError `command-missing`. */
  find(tool: string): Promise<string>;
  readonly tools: ToolRunner;
}

/**
 * Carries out an operation of kind `run`: takes the command of that digest, has it pass its library once more, lays out the
 * bytes that were let through (and not what may be at those paths by now), and runs exactly that, in the sandbox that its
 * library describes. What it returns goes on chain as a digest: exit code, size and SHA-256 of the log, never the log.
 *
 * Throws ExternalError `command-unknown`, `command-damaged`, `command-interrupted`, `command-failed`, `command-timeout`,
 * `command-missing`; UserError `command-not-own`, `library-changed`, `document-not-shown`; what the library refuses, and what ToolRunner throws.
 */
export async function carryOut(
  operation: Operation<RunCommand>,
  options: CarryOutOptions,
  signal?: AbortSignal,
): Promise<Json> {
  const command = await options.commands.command(operation.kind.command);
  refuseForeign(operation, command);
  const { documents, sandbox } = await allowed(operation.kind, command, options);
  const directory = join(options.directory, operation.kind.command);
  const tool = basename(command.argv[0] ?? '');
  const { argv, files, paths } = placed(command, documents);
  const program = await options.find(tool);
  const run: ToolRun = { tool, program, args: argv.slice(1), sandbox, files: join(directory, 'files') };
  // What it lacks is found out while nothing has begun.
  await options.tools.check(run);
  await pruneRuns(options.directory, Date.now());
  await begin(directory, operation.id);
  await layOut(files, run.files);
  await compareShown(documents, async ({ shownBy = [], index, bytes }) => {
    const args = [...shownBy, paths.get(index) ?? ''];
    // The same in other words, such as more white space, is not much longer.
    const shown = await options.tools.show({ ...run, args }, { limitBytes: 2 * bytes.length + SHOWN_BYTES, signal });
    return shown.exitCode === 0 && shown.dropped === 0 ? shown.output : new Uint8Array();
  });
  const { exitCode, output, dropped, logLost } = await options.tools.run(run, { log: join(directory, 'log'), signal });
  const log = {
    log: sha256Hex(output),
    logBytes: output.length,
    ...(dropped > 0 && { logDropped: dropped }),
    ...(logLost && { logLost }),
  };
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
async function allowed(
  kind: RunCommand,
  command: Command,
  { commands, libraries }: CarryOutOptions,
): Promise<NativeCommand> {
  const documents = new Map<string, Uint8Array>();
  for (const { path, digest } of command.documents) documents.set(path, await commands.bytes(digest));
  const rules = { libraries: await libraries(), documents };
  const again = readNative(command.request, command, [kind.operation], rules);
  if (again.command.library === kind.library) return again.native;
  throw new UserError(
    'library-changed',
    `The reference library of ${kind.operation} changed since it was let through.`,
    {
      nextSteps: ['Give the command again: it is then read by the new library.'],
    },
  );
}

/**
 * A command is on chain by its hash, for all to see: only this host's own request brings it about, and no operator can ask for it
 * again.
 */
function refuseForeign({ host, requestedBy, requestId }: Operation, { request }: Command): void {
  if (requestedBy === host && requestId === request) return;
  throw new UserError('command-not-own', 'The operation names a command that this host asked for at another time.', {
    exitCode: ExitCode.refused,
    nextSteps: ['Give the command again on this host, with `logos request`, if it is wanted.'],
  });
}

/** A mark on disk before anything is done: a command that a crash broke off is never run a second time unasked. */
async function begin(directory: string, id: bigint): Promise<void> {
  const mark = join(directory, BEGUN);
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

/** Gives the files names of our own, and puts these into the arguments as the tool will find them. */
function placed(
  { argv }: Command,
  documents: readonly NamedDocument[],
): { argv: string[]; files: ReadonlyMap<string, Uint8Array>; paths: ReadonlyMap<number, string> } {
  const laid = [...argv];
  const names = new Map<number, string>();
  const files = new Map<string, Uint8Array>();
  for (const { index, start, companion, path, bytes } of documents) {
    const ending = extname(path);
    // One that lies beside another is found by the other's name.
    const name = companion ? `${names.get(index)}${ending}` : `file-${index}${ending}`;
    files.set(name, bytes);
    if (companion) continue;
    names.set(index, name);
    laid[index] = `${argv[index]?.slice(0, start)}${join(FILES_AT, name)}`;
  }
  return { argv: laid, files, paths: new Map([...names].map(([index, name]) => [index, join(FILES_AT, name)])) };
}

async function layOut(files: ReadonlyMap<string, Uint8Array>, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of files) await writeFile(join(directory, name), bytes, { mode: 0o600, flag: 'wx' });
}

/** What was checked must be what the tool will do: it says so itself, of the bytes that it will work on. */
export async function compareShown(
  documents: readonly NamedDocument[],
  show: (document: NamedDocument) => Promise<Uint8Array>,
): Promise<void> {
  for (const document of documents) {
    if (document.shownBy === undefined || isSameJson(await show(document), document.bytes)) continue;
    throw new UserError('document-not-shown', `${document.path} is not what the tool shows of the file beside it.`, {
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
