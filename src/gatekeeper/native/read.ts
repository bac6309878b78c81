import { ExitCode, UserError } from '../../system/errors.ts';
import { type Documents, type LibrarySet, type NativeCommand, readCommand } from '../library/index.ts';
import { isAccepted } from './accepted.ts';
import type { Command } from './command.ts';

/** What native commands are read by. */
export interface CommandRules {
  readonly libraries: LibrarySet;
  /** The files that the command names, as their owner gave them, by the path that was typed. */
  readonly documents: ReadonlyMap<string, Uint8Array>;
}

/** What a request to run a command says. */
export interface CommandDemand {
  readonly argv: readonly string[];
  readonly documents: readonly { readonly path: string; readonly digest: string }[];
}

/**
 * Reads a native command by its reference library. `allowed`: operations that the gatekeeper's definition lets through;
 * `request`: the id of the request that it is for.
 * Throws UserError (exit code 3): `tool-unknown`, `command-not-accepted`, `document-unused`, and what the library refuses.
 */
export function readNative(
  request: string,
  { argv, documents }: CommandDemand,
  allowed: readonly string[],
  rules: CommandRules | undefined,
): { command: Command; native: NativeCommand } {
  const [tool = ''] = argv;
  const library = rules?.libraries.forTool(tool);
  if (library === undefined || rules === undefined) throw toolUnknown(tool, rules);
  const read = readCommand(library, argv, documentsOf(rules.documents));
  const operation = read.operation.replaceAll('.', '/');
  if (!isAccepted(operation, allowed)) {
    throw refusal('command-not-accepted', `The gatekeeper doesn't accept ${operation}.`, [
      'See which commands it accepts with `logos gatekeeper show`.',
    ]);
  }
  const used = new Map(read.documents.map(({ path, digest }) => [path, digest]));
  // What goes into the digest is what was read here, and nothing besides.
  const odd = documents.find(({ path, digest }) => used.get(path) !== digest);
  if (odd !== undefined || used.size !== documents.length) {
    throw refusal(
      'document-unused',
      `The command and the files given with it don't fit: ${odd?.path ?? 'one is missing'}.`,
      ['Give the command again: its files may have changed meanwhile.'],
    );
  }
  const command: Command = {
    format: 1,
    request,
    operation,
    library: library.digest,
    argv: [...argv],
    documents: [...documents],
  };
  return { command, native: read };
}

function documentsOf(files: ReadonlyMap<string, Uint8Array>): Documents {
  return {
    read(path) {
      const bytes = files.get(path);
      if (bytes !== undefined) return bytes;
      throw refusal('document-missing', `${JSON.stringify(path)} was not given with the command.`, [
        'Name a file that you may read.',
      ]);
    },
  };
}

function toolUnknown(tool: string, rules: CommandRules | undefined): UserError {
  const known = rules?.libraries.all.flatMap(({ tools }) => tools) ?? [];
  return refusal('tool-unknown', `There is no reference library for ${JSON.stringify(tool)}.`, [
    `Use one of: ${known.length > 0 ? known.join(', ') : 'none is on chain yet'}.`,
  ]);
}

function refusal(code: string, message: string, nextSteps: string[]): UserError {
  return new UserError(code, message, { nextSteps, exitCode: ExitCode.refused });
}
