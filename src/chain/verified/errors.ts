import { ExitCode, ExternalError, type LogosError, UserError } from '../../system/errors.ts';
import { oneLine } from '../errors.ts';

const ASK_ANOTHER = 'Use another endpoint, and tell whoever runs this one.';

/** No answer, an error, or an answer of the wrong form: it proves nothing, but need not be a lie. */
export function endpointUnusable(endpoint: string, why: string, cause?: unknown): ExternalError {
  return new ExternalError('endpoint-unusable', `${endpoint} is of no use: ${oneLine(why)}.`, {
    host: endpoint,
    cause,
    nextSteps: ['Check that the node runs, is in sync, and serves this program; or name another endpoint.'],
  });
}

/** The endpoint speaks for a chain with another genesis block. */
export function otherChain(endpoint: string, expected: string, found: string): ExternalError {
  return new ExternalError(
    'endpoint-other-chain',
    `${endpoint} belongs to another chain: its genesis block is ${found.slice(0, 80)}, not ${expected}.`,
    { host: endpoint, nextSteps: ['Name endpoints of the chain that you mean, or give its genesis hash (--genesis).'] },
  );
}

/** What it calls final is not: other authorities, too few of them, or a header that isn't the block's. */
export function finalityInvalid(endpoint: string, why: string, cause?: unknown): ExternalError {
  return new ExternalError('finality-invalid', `${endpoint} gives a block as final that is not proven so: ${why}.`, {
    host: endpoint,
    cause,
    nextSteps: [ASK_ANOTHER, 'If every endpoint fails alike, get a newer checkpoint of the chain (--checkpoint).'],
  });
}

/** Two endpoints prove different blocks of one height: more than a third of the authorities broke the rules. */
export function finalityConflict(height: number, one: string, other: string): ExternalError {
  return new ExternalError(
    'finality-conflict',
    `${one} and ${other} prove different final blocks at height ${height}: the chain's authorities broke its rules.`,
    { host: other, nextSteps: ['Trust neither, stop what depends on the chain, and ask its community what happened.'] },
  );
}

/** An altered value, or one of another state than the final block's. */
export function proofInvalid(endpoint: string, height: number, cause: Error): ExternalError {
  return new ExternalError(
    'proof-invalid',
    `${endpoint} gives a value that is not of the state of final block ${height}: ${cause.message}.`,
    { host: endpoint, cause, nextSteps: [ASK_ANOTHER] },
  );
}

/** True once, but not the present. `ageMs` below zero: the block is from the future. */
export function headStale(endpoint: string, height: number, ageMs: number, mostMs: number): ExternalError {
  const age = Math.round(Math.abs(ageMs) / 1_000);
  const found =
    ageMs < 0
      ? `its last final block ${height} is ${age} s ahead of this machine's clock`
      : `its last final block ${height} is ${age} s old, ${Math.round(mostMs / 1_000)} s are allowed`;
  return new ExternalError('head-stale', `${endpoint} does not show the present: ${found}.`, {
    host: endpoint,
    nextSteps: ["Check this machine's clock.", 'Name more endpoints; if all agree, the chain itself stands still.'],
  });
}

/** A block that holds a transaction is not final in time, or somebody holds it back. */
export function notFinalYet(
  { endpoint, height }: { endpoint: string; height: number },
  expected: number,
): ExternalError {
  return new ExternalError(
    'head-stale',
    `${endpoint} does not show the present: its last final block is ${height}, and block ${expected} is waited for.`,
    {
      host: endpoint,
      nextSteps: ['Name more endpoints; if all agree, the chain makes no blocks final now.', 'Run the command again.'],
    },
  );
}

/** A node that went back, was restored from an old copy, or is far behind: what was final before is not there. */
export function headBehind(endpoint: string, height: number, seen: number): ExternalError {
  return new ExternalError(
    'head-stale',
    `${endpoint} does not show the present: its last final block is ${height}, and block ${seen} was final before.`,
    {
      host: endpoint,
      nextSteps: [
        'Wait until the node is in sync, or use another endpoint.',
        'If this chain began anew on purpose, run `logos reset`, and join it again.',
      ],
    },
  );
}

/** A change of authorities that headers alone can't prove. */
export function checkpointTooOld(endpoint: string, why: string, cause?: unknown): ExternalError {
  return new ExternalError('checkpoint-too-old', `From this checkpoint on, finality can't be followed: ${why}.`, {
    host: endpoint,
    cause,
    nextSteps: ['Get a newer checkpoint from somebody you trust, and give it with --checkpoint.'],
  });
}

export function checkpointInvalid(path: string, why: string, cause?: unknown): UserError {
  return new UserError('checkpoint-invalid', `${path} is no checkpoint that can be used: ${oneLine(why)}.`, {
    cause,
    nextSteps: [
      'Remove the file to begin again from the genesis block, or put a checkpoint of this chain in its place.',
    ],
  });
}

export function trustAnchorMissing(why: string): UserError {
  return new UserError('trust-anchor-missing', `Nothing says what to trust: ${why}.`, {
    exitCode: ExitCode.usage,
    nextSteps: [
      "Give the chain's specification (--spec FILE) or genesis hash (--genesis), from a source that you trust.",
    ],
  });
}

/** The file can't be read, or says nothing to begin from. */
export function specificationUnusable(path: string, why: string, cause?: unknown): UserError {
  return new UserError('specification-unusable', `${path} can't be used as a chain's specification: ${oneLine(why)}.`, {
    cause,
    nextSteps: ['Give the raw specification (JSON) that the nodes of the chain start from.'],
  });
}

/** No endpoint could be used; the message says of each why. Of a single one, its own error. */
export function endpointsFailed(errors: readonly LogosError[]): LogosError {
  const [only] = errors;
  if (only !== undefined && errors.length === 1) return only;
  const why = errors.map(({ code, message }) => `[${code}] ${message}`).join(' ');
  return new ExternalError('endpoints-failed', `No endpoint gave a verified answer. ${why}`.trim(), {
    cause: new AggregateError(errors, 'no endpoint'),
    nextSteps: [...new Set(errors.flatMap(({ nextSteps }) => nextSteps))].slice(0, 4),
  });
}

const UNPROVEN: ReadonlySet<string> = new Set([
  'checkpoint-too-old',
  'contract-code-unknown',
  'endpoint-other-chain',
  'endpoint-unusable',
  'endpoints-failed',
  'finality-conflict',
  'finality-invalid',
  'head-stale',
  'proof-invalid',
]);

/** Whether something could not be read with proof: it says nothing about what the chain wants. */
export function isUnproven(error: unknown): boolean {
  return error instanceof ExternalError && UNPROVEN.has(error.code);
}

/** Whether nobody answered, which proves nothing; any other failure to verify says that somebody is wrong. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof ExternalError)) return false;
  if (error.code === 'endpoint-unusable') return true;
  return (
    error.code === 'endpoints-failed' && error.cause instanceof AggregateError && error.cause.errors.every(isSilence)
  );
}

/** The contract's code is another than the one that this version of the program was built with. */
export function contractCodeUnknown(section: string, found: Uint8Array, known: Uint8Array): ExternalError {
  const [has, knows] = [found, known].map((hash) => Buffer.from(hash).toString('hex'));
  return new ExternalError(
    'contract-code-unknown',
    `How ${section} keeps its values is not known: its code is ${has}, this version of logos knows ${knows}.`,
    { nextSteps: ['Install the version of logos that belongs to the chain, or read the section without proof.'] },
  );
}
