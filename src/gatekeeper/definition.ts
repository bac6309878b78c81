import { z } from 'zod';
import { ExternalError, UserError } from '../system/errors.ts';
import { parseStrictJson } from './documents/json.ts';
import { acceptedCommand } from './native/accepted.ts';
import { REQUEST_KINDS, type RequestKind } from './request.ts';
import { isAtLeast, versionSchema } from './version.ts';

const MAX_DEFINITION_BYTES = 64 * 1024;

/** The contract message that carries each kind of request. A definition names them, and can't swap them. */
const MESSAGE_OF = {
  join: 'admit',
  leave: 'leave',
  'claim-operation': 'claim',
  'complete-operation': 'complete',
  'request-operation': 'request',
  'run-command': 'request',
  'open-lease': 'open',
  'settle-lease': 'settle',
  'cancel-lease': 'cancel',
  'propose-deployment': 'propose',
  'approve-deployment': 'approve',
  'reject-deployment': 'reject',
  'withdraw-deployment': 'withdraw',
  'expire-deployment': 'expire',
  'report-deployment': 'report',
} as const satisfies Record<RequestKind, string>;
export type MessageOf<K extends RequestKind> = (typeof MESSAGE_OF)[K];

/** Who may send a kind of request. `owner`: root, or the user that the gatekeeper runs as. */
const originRule = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('command'), who: z.enum(['root', 'owner', 'anyone']) }),
  z.strictObject({ source: z.literal('api'), who: z.enum(['root', 'owner', 'anyone']) }),
  z.strictObject({ source: z.literal('chain') }),
]);
export type OriginRule = z.output<typeof originRule>;

const standing = z.enum(['none', 'admitted', 'left', 'excluded']);
/** Where a host stands on chain; `none`: never admitted. */
export type HostStanding = z.output<typeof standing>;

const section = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*-section-[1-9][0-9]{0,3}$/);

/** A role in the region's privacy contract (PSC), and the least that it must allow. */
const roleRule = z.strictObject({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  access: z.enum(['reader', 'writer', 'keeper']),
});
export type RoleRule = z.output<typeof roleRule>;

function requestRule<K extends RequestKind>(kind: K) {
  return z
    .strictObject({
      origins: z.array(originRule).min(1).max(8),
      standing: z.array(standing).min(1).max(4),
      /** Whether the host must have in force what the chain's security section says, with nothing deviating. */
      compliant: z.boolean().default(false),
      /** A role that whoever asks must have. */
      role: roleRule.optional(),
      section,
      message: z.literal(MESSAGE_OF[kind] as MessageOf<K>),
    })
    .optional();
}

const perMinute = z.int().min(1).max(6_000);

const definitionSchema = z
  .strictObject({
    format: z.literal('client-gatekeeper'),
    formatVersion: z.literal(1),
    version: versionSchema,
    minimumProgramVersion: versionSchema,
    /** Kinds that are not listed are refused. */
    requests: z.strictObject({
      join: requestRule('join'),
      leave: requestRule('leave'),
      'claim-operation': requestRule('claim-operation'),
      'complete-operation': requestRule('complete-operation'),
      'request-operation': requestRule('request-operation'),
      'run-command': requestRule('run-command'),
      'open-lease': requestRule('open-lease'),
      'settle-lease': requestRule('settle-lease'),
      'cancel-lease': requestRule('cancel-lease'),
      'propose-deployment': requestRule('propose-deployment'),
      'approve-deployment': requestRule('approve-deployment'),
      'reject-deployment': requestRule('reject-deployment'),
      'withdraw-deployment': requestRule('withdraw-deployment'),
      'expire-deployment': requestRule('expire-deployment'),
      'report-deployment': requestRule('report-deployment'),
    }),
    operations: z.strictObject({
      accept: z.array(z.enum(['start-dvm', 'stop-dvm', 'run'])).max(3),
      /** What native commands may be, as their libraries call them; nothing where it is left out. */
      commands: z.array(acceptedCommand).max(1_000).default([]),
      /** DVMs that this host may have by order of the chain, at most. */
      maximumDvms: z.int().min(0).max(1_000),
      /** An operation with fewer blocks left than this is not begun. */
      startMarginBlocks: z.int().min(0).max(1_000),
    }),
    limits: z.strictObject({
      requestsPerMinute: z.strictObject({ command: perMinute, api: perMinute, chain: perMinute }),
      /** Requests that may wait for the chain at once. */
      pendingRequests: z.int().min(1).max(10_000),
    }),
    poll: z.strictObject({
      /** Time after which the chain is asked even when no new head came. */
      intervalMs: z.int().min(500).max(3_600_000),
      /** Heads that come sooner after the last look than this wait. */
      minimumGapMs: z.int().min(0).max(60_000),
    }),
    retry: z.strictObject({
      attempts: z.int().min(1).max(100),
      firstMs: z.int().min(10).max(60_000),
      maximumMs: z.int().min(10).max(3_600_000),
      /** Time for one sending, until it is in a block. */
      timeoutMs: z.int().min(1_000).max(600_000),
    }),
  })
  .refine((it) => it.retry.firstMs <= it.retry.maximumMs, { path: ['retry'], message: 'firstMs is above maximumMs' })
  .refine((it) => it.poll.minimumGapMs <= it.poll.intervalMs, {
    path: ['poll'],
    message: 'minimumGapMs is above intervalMs',
  });

/**
 * The client gatekeeper as the chain defines it (artefact `client-gatekeeper` of `network-section-1`): which requests
 * are admitted from whom, what they become on chain, which operations the host accepts, and its limits and rhythm.
 */
export type GatekeeperDefinition = z.output<typeof definitionSchema>;

/**
 * Checks a definition. Throws ExternalError `gatekeeper-definition-invalid` for anything that is not exactly one, and
 * UserError `program-too-old` where `programVersion` is given and below what the definition asks for.
 */
export function parseGatekeeperDefinition(
  bytes: Uint8Array,
  options: { programVersion?: string } = {},
): GatekeeperDefinition {
  const definition = parse(bytes);
  const { programVersion } = options;
  if (programVersion !== undefined && !isAtLeast(programVersion, definition.minimumProgramVersion)) {
    throw new UserError(
      'program-too-old',
      `The region's gatekeeper ${definition.version} needs logos ${definition.minimumProgramVersion}; this is ${programVersion}.`,
      { nextSteps: [`Install logos ${definition.minimumProgramVersion} or newer, and run the same command again.`] },
    );
  }
  return definition;
}

function parse(bytes: Uint8Array): GatekeeperDefinition {
  try {
    return definitionSchema.parse(parseStrictJson(bytes, MAX_DEFINITION_BYTES));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? z.prettifyError(cause).split('\n').slice(0, 4).join(' ') : (cause as Error).message;
    throw new ExternalError('gatekeeper-definition-invalid', `The gatekeeper definition can't be used: ${why}.`, {
      cause,
      nextSteps: ["Ask the region's operator to put a valid client-gatekeeper on chain. This host was not changed."],
    });
  }
}

/** Kinds that a definition admits. */
export function admittedKinds(definition: GatekeeperDefinition): RequestKind[] {
  return REQUEST_KINDS.filter((kind) => definition.requests[kind] !== undefined);
}

/** The built-in definition of a host that the chain doesn't know yet: it can ask to join, and nothing else. */
export function bootstrapDefinition(): GatekeeperDefinition {
  return {
    format: 'client-gatekeeper',
    formatVersion: 1,
    version: '0.0.0',
    minimumProgramVersion: '0.0.0',
    requests: {
      join: {
        origins: [{ source: 'command', who: 'owner' }],
        standing: ['none', 'admitted', 'left'],
        compliant: false,
        section: 'compute-section-1',
        message: 'admit',
      },
    },
    operations: { accept: [], commands: [], maximumDvms: 0, startMarginBlocks: 0 },
    limits: { requestsPerMinute: { command: 60, api: 1, chain: 1 }, pendingRequests: 16 },
    poll: { intervalMs: 6_000, minimumGapMs: 1_000 },
    retry: { attempts: 6, firstMs: 250, maximumMs: 8_000, timeoutMs: 60_000 },
  };
}
