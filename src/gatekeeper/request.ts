import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';

/** Requests that this program can admit; a gatekeeper definition chooses among them. */
export const REQUEST_KINDS = [
  'join',
  'leave',
  'claim-operation',
  'complete-operation',
  'request-operation',
  'run-command',
  'open-lease',
  'settle-lease',
  'cancel-lease',
  'propose-deployment',
  'approve-deployment',
  'reject-deployment',
  'withdraw-deployment',
  'expire-deployment',
  'report-deployment',
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export function isRequestKind(kind: string): kind is RequestKind {
  return (REQUEST_KINDS as readonly string[]).includes(kind);
}

/** Someone on this machine. */
interface Peer {
  readonly uid: number;
  readonly pid?: number;
  /** The account that signed the request, where one did: it asks for itself, and `uid` only carried it. */
  readonly key?: string;
}

/** Who asks, as authenticated by the way in: never taken from the request itself. */
export type Origin =
  | ({ readonly source: 'command' } & Peer)
  | ({ readonly source: 'api' } & Peer)
  | { readonly source: 'chain'; readonly height: number };

const peer = { uid: z.int().min(0), pid: z.int().positive().optional(), key: z.string().max(64).optional() };
export const originSchema: z.ZodType<Origin> = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('command'), ...peer }),
  z.strictObject({ source: z.literal('api'), ...peer }),
  z.strictObject({ source: z.literal('chain'), height: z.int().min(0) }),
]);

/** The account and chain that a request is for: what is meant for one chain is never sent to another. */
export interface Scope {
  readonly account: string;
  readonly genesis: string;
}

/** What a way in hands over. `payload` is unchecked; `nonce` tells two wishes with the same content apart. */
export interface RequestInput {
  readonly kind: string;
  readonly payload: Json;
  readonly origin: Origin;
  readonly nonce?: string;
  /** When the wish is over, in milliseconds since 1970: it is refused from then on, also by a later start. */
  readonly expires?: number;
}

const MAX_PAYLOAD_BYTES = 64 * 1024;
const MAX_KIND_LENGTH = 64;
const MAX_NONCE_LENGTH = 128;

class Native {
  /** Makes the class nominal: nothing else is a NativeRequest, whatever its fields. */
  readonly #stage = 'native';
  readonly id: string;
  readonly kind: string;
  readonly payload: Json;
  readonly origin: Origin;
  readonly nonce: string;
  readonly expires?: number;
  readonly scope: Scope;

  constructor(id: string, input: RequestInput, nonce: string, scope: Scope) {
    this.id = id;
    this.kind = input.kind;
    this.payload = structuredClone(input.payload);
    this.origin = { ...input.origin };
    this.nonce = nonce;
    this.expires = input.expires;
    this.scope = { ...scope };
    Object.freeze(this);
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'native';
  }
}

/** The first stage: a wish from one of the ways in, with its origin and an id, and nothing checked. */
export type NativeRequest = Native;

export function isNativeRequest(value: unknown): value is NativeRequest {
  return Native.is(value);
}

/**
 * Makes a NativeRequest. Its id (64 hexadecimal digits) is the SHA-256 of its canonical content, account and chain: the same
 * wish has the same id on every attempt, which is how the contract knows that it has seen it.
 * Throws UserError `request-malformed` (exit code 3).
 */
export function nativeRequest(input: RequestInput, scope: Scope): NativeRequest {
  const nonce = input.nonce ?? '';
  if (input.kind.length > MAX_KIND_LENGTH || nonce.length > MAX_NONCE_LENGTH)
    throw malformed('its kind or nonce is too long');
  let payload: string;
  try {
    payload = canonicalJson(input.payload);
  } catch (cause) {
    throw malformed((cause as Error).message, cause);
  }
  if (payload.length > MAX_PAYLOAD_BYTES) throw malformed(`its payload is larger than ${MAX_PAYLOAD_BYTES} bytes`);
  const { account, genesis } = scope;
  const said = { format: 1, account, genesis, kind: input.kind, nonce, payload: input.payload };
  const { expires } = input;
  const id = sha256Hex(canonicalJson(expires === undefined ? said : { ...said, expires }));
  return new Native(id, input, nonce, scope);
}

function malformed(why: string, cause?: unknown): UserError {
  return new UserError('request-malformed', `The request can't be read: ${why}.`, {
    cause,
    exitCode: ExitCode.refused,
    nextSteps: ['Send the request as docs/gatekeeper.md describes it.'],
  });
}
