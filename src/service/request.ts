import { randomUUID } from 'node:crypto';
import { builtInSeed, readSeedFile } from '../chain/index.ts';
import {
  type CommandFiles,
  type GatekeeperDefinition,
  intake,
  judge,
  type LibrarySet,
  librarySet,
  parseGatekeeperDefinition,
  parseLibrary,
  type Verdict,
} from '../gatekeeper/index.ts';
import { UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { askOperation, sendRequest } from './api/client.ts';
import type { OperationAnswer, ReceiptAnswer } from './api/request-routes.ts';

/** A native command, and what was in the files that it may mean. */
export interface NativeCommandLine {
  readonly argv: readonly string[];
  readonly files: CommandFiles;
}

/** Whose rules a verdict is by: the chain's, or those that ship with the program where no gatekeeper runs. */
export type Judged = Verdict & { readonly rules: 'chain' | 'built-in' };

/**
 * Takes a command through every stage and does nothing by it. The running gatekeeper is asked; without one the rules that
 * ship with this program count, as if this host had joined. Throws what the local API throws, but `service-not-running`.
 */
export async function judgeCommand(home: Home, line: NativeCommandLine): Promise<Judged> {
  try {
    const answer = await sendRequest(home, bodyOf(line, true));
    if ('verdict' in answer) return { ...answer.verdict, rules: 'chain' };
    throw new TypeError('the gatekeeper answered a dry run with a receipt');
  } catch (error) {
    if (error instanceof UserError && error.code === 'service-not-running') return builtInJudge()(line);
    throw error;
  }
}

/** Sends a command through the running gatekeeper. Throws UserError `service-not-running`, and what the local API throws. */
export async function sendCommand(home: Home, line: NativeCommandLine): Promise<ReceiptAnswer> {
  const answer = await sendRequest(home, bodyOf(line, false));
  if ('receipt' in answer) return answer.receipt;
  throw new TypeError('the gatekeeper answered a request with a verdict');
}

/** How far the host is with an operation. Throws UserError `service-not-running`, and what the local API throws. */
export function operationState(home: Home, id: string): Promise<OperationAnswer> {
  return askOperation(home, id);
}

/** The reference libraries that ship with this program. */
export function builtInLibraries(): LibrarySet {
  const values = builtInSeed().sections.flatMap((section) => Object.entries(section.values));
  const files = values.flatMap(([key, value]) =>
    key.startsWith('library-') && 'artifact' in value ? [value.artifact] : [],
  );
  return librarySet(files.map((file) => parseLibrary(readSeedFile(file))));
}

/** An account and a chain that nobody has: a verdict by built-in rules can't be sent anywhere. */
const NOWHERE = { account: '5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM', genesis: `0x${'0'.repeat(64)}` };

/** Judges by the rules that ship with this program, as if this host had joined; they are read once. */
export function builtInJudge(): (line: NativeCommandLine) => Judged {
  const definition = parseGatekeeperDefinition(readSeedFile('network/client-gatekeeper.json'));
  const libraries = builtInLibraries();
  return (line) => judgeBuiltIn(line, definition, libraries);
}

function judgeBuiltIn(
  { argv, files }: NativeCommandLine,
  definition: GatekeeperDefinition,
  libraries: LibrarySet,
): Judged {
  const uid = process.getuid?.() ?? 0;
  const { input, rules } = intake(
    { argv, files, origin: { source: 'command', uid }, nonce: randomUUID() },
    NOWHERE.account,
    libraries,
  );
  const context = { standing: 'admitted', now: Date.now() } as const;
  return { ...judge(input, { definition, scope: NOWHERE, ownerUid: uid, context, rules }), rules: 'built-in' };
}

function bodyOf({ argv, files }: NativeCommandLine, dryRun: boolean) {
  const contents = [...files].map(([path, bytes]) => ({ path, base64: Buffer.from(bytes).toString('base64') }));
  return { argv: [...argv], files: contents, nonce: randomUUID(), dryRun };
}
