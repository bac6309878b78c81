import type { LibrarySet } from '../library/index.ts';
import type { Origin, RequestInput } from '../request.ts';
import { type CommandFiles, gatherDocuments } from './gather.ts';
import type { CommandRules } from './read.ts';

/** A native command as it came in. */
export interface CommandInput {
  readonly argv: readonly string[];
  /** What was in the files that it may mean, by the path that was typed. */
  readonly files: CommandFiles;
  readonly origin: Origin;
  /** Tells two wishes with the same content apart. */
  readonly nonce: string;
}

/** Blocks that the chain gives a command: an hour. */
const DEADLINE_BLOCKS = 1_200;

/**
 * Makes a request of a native command for the host `account`. The files that are part of it are in the rules, and in the request by
 * their digests: they must be kept before anything names them.
 */
export function intake(
  { argv, files, origin, nonce }: CommandInput,
  account: string,
  libraries: LibrarySet,
): { input: RequestInput; rules: CommandRules } {
  const documents = gatherDocuments(argv, files, libraries);
  const named = documents.map(({ path, digest }) => ({ path, digest }));
  const payload = { host: account, argv: [...argv], documents: named, deadlineBlocks: DEADLINE_BLOCKS };
  const rules = { libraries, documents: new Map(documents.map(({ path, bytes }) => [path, bytes])) };
  return { input: { kind: 'run-command', payload, origin, nonce }, rules };
}
