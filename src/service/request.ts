import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { builtInSeed, readSeedFile } from '../chain/index.ts';
import {
  type CommandFiles,
  type CommandStore,
  compare,
  dvciValidator,
  type GatekeeperDefinition,
  intake,
  type JudgeOptions,
  judge,
  type LibrarySet,
  librarySet,
  openCommandStore,
  parseDvciRules,
  parseGatekeeperDefinition,
  parseLibrary,
  type Replay,
  type RequestInput,
  type RunLog,
  readTrail,
  replayable,
  runLog,
  type Validators,
  type Verdict,
} from '../gatekeeper/index.ts';
import { UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { askOperation, askReplay, sendRequest } from './api/client.ts';
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

/** The log of a command on this host, by its digest. */
export function commandLog(home: Home, digest: string): RunLog {
  return runLog(join(home.gatekeeper, 'runs'), digest);
}

/**
 * Judges a kept request by today's rules, by its id or the beginning of it: those of the running gatekeeper, or without one those
 * that ship with this program. Throws UserError `request-unknown`, `request-ambiguous`, `request-not-kept`.
 */
export async function replayRequest(home: Home, prefix: string): Promise<Replay & Pick<Judged, 'rules'>> {
  const { attempts } = await readTrail(home, prefix);
  try {
    return { ...(await askReplay(home, attempts[0].id)), rules: 'chain' };
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'service-not-running')) throw error;
    const { input, before } = replayable(attempts);
    const verdict = await judgeKept(input, await openCommandStore(join(home.gatekeeper, 'commands')));
    return { ...compare(before, verdict), rules: 'built-in' };
  }
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
export function builtInJudge(): (line: NativeCommandLine) => Promise<Judged> {
  const builtIn = builtInRules();
  const origin = { source: 'command', uid: process.getuid?.() ?? 0 } as const;
  return async ({ argv, files }) => {
    const { input, rules } = intake({ argv, files, origin, nonce: randomUUID() }, NOWHERE.account, builtIn.libraries);
    return { ...(await judgeBuiltIn(builtIn, input, NOWHERE.account, () => rules)), rules: 'built-in' };
  };
}

/** The same for a request that is kept; it was this host's, whatever the chain calls it. */
async function judgeKept(input: RequestInput, commands: CommandStore): Promise<Verdict> {
  const builtIn = builtInRules();
  const { host } = keptPayload.catch({ host: NOWHERE.account }).parse(input.payload);
  return judgeBuiltIn(builtIn, input, host, async ({ demand }) => {
    if (demand.kind !== 'run-command') return undefined;
    const documents = new Map<string, Uint8Array>();
    for (const { path, digest } of demand.payload.documents) documents.set(path, await commands.bytes(digest));
    return { libraries: builtIn.libraries, documents };
  });
}

const keptPayload = z.object({ host: z.string() });

interface BuiltIn {
  readonly definition: GatekeeperDefinition;
  readonly libraries: LibrarySet;
  readonly validators: Validators;
}

function builtInRules(): BuiltIn {
  const rules = parseDvciRules(readSeedFile('network/dvci-rules.json'));
  return {
    definition: parseGatekeeperDefinition(readSeedFile('network/client-gatekeeper.json')),
    libraries: builtInLibraries(),
    validators: { dvci: dvciValidator(() => rules) },
  };
}

function judgeBuiltIn(
  { definition, validators }: BuiltIn,
  input: RequestInput,
  account: string,
  rules: JudgeOptions['rules'],
): Promise<Verdict> {
  const context = { standing: 'admitted', now: Date.now(), compliance: { compliant: true } } as const;
  const scope = { ...NOWHERE, account };
  const ownerUid = process.getuid?.() ?? 0;
  return judge(input, { definition, scope, ownerUid, context, rules, validators });
}

function bodyOf({ argv, files }: NativeCommandLine, dryRun: boolean) {
  const contents = [...files].map(([path, bytes]) => ({ path, base64: Buffer.from(bytes).toString('base64') }));
  return { argv: [...argv], files: contents, nonce: randomUUID(), dryRun };
}
