import { Bytes, compact, Enum, enhanceCodec, Struct, str, Tuple, u32, u64 } from 'scale-ts';
import { decodeAccount } from '../ss58.ts';
import type { AccountId, OperationKind, OperationOutcome } from '../types.ts';

const DIGEST = /^(?:0x)?([0-9a-f]{64})$/;
const MAX_REASON_BYTES = 256;
/** ink! names a message by the first four bytes of the BLAKE2b-256 of its name. */
const SELECTORS = { request: '468e6c52', claim: 'b388803f', complete: '0740d2e1' } as const;

/** 32 bytes that this program writes in hexadecimal. */
const digest = enhanceCodec(Bytes(32), digestBytes, (bytes: Uint8Array) => Buffer.from(bytes).toString('hex'));
const kind = Enum({
  StartDvm: Struct({ name: str, template: str }),
  StopDvm: Struct({ name: str }),
  Run: Struct({ operation: str, library: digest, command: digest }),
});
const request = Tuple(digest, Bytes(32), kind, u32);
const completion = Tuple(u64, Enum({ Done: Struct({ result: digest }), Failed: Struct({ reason: str }) }));

/** A message of a contract with its arguments in SCALE, and its length before it, as a transaction takes it. */
export interface EncodedCall {
  readonly message: string;
  readonly data: Uint8Array;
}

/** Throws RangeError for what is no digest, account or number of blocks. */
export function encodeRequest(
  requestId: string,
  host: AccountId,
  operation: OperationKind,
  deadlineBlocks: number,
): EncodedCall {
  if (!Number.isInteger(deadlineBlocks) || deadlineBlocks < 0 || deadlineBlocks >= 2 ** 32) {
    throw new RangeError('no number of blocks');
  }
  return encoded('request', request.enc([requestId, decodeAccount(host), written(operation), deadlineBlocks]));
}

export function encodeClaim(id: bigint): EncodedCall {
  return encoded('claim', u64.enc(id));
}

/** The contract takes a reason of 256 bytes at most: a longer one is cut. */
export function encodeCompletion(id: bigint, outcome: OperationOutcome): EncodedCall {
  const said =
    'done' in outcome
      ? { tag: 'Done' as const, value: { result: outcome.done } }
      : { tag: 'Failed' as const, value: { reason: shorten(outcome.failed) } };
  return encoded('complete', completion.enc([id, said]));
}

function encoded(message: keyof typeof SELECTORS, args: Uint8Array): EncodedCall {
  const selector = Buffer.from(SELECTORS[message], 'hex');
  return { message, data: Buffer.concat([compact.enc(selector.length + args.length), selector, args]) };
}

function written(operation: OperationKind) {
  switch (operation.kind) {
    case 'start-dvm':
      return { tag: 'StartDvm' as const, value: operation };
    case 'stop-dvm':
      return { tag: 'StopDvm' as const, value: operation };
    case 'run':
      return { tag: 'Run' as const, value: operation };
  }
}

function digestBytes(text: string): Uint8Array {
  const digits = DIGEST.exec(text)?.[1];
  if (digits === undefined) throw new RangeError('no digest of 32 bytes');
  return Buffer.from(digits, 'hex');
}

function shorten(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES - 3)).replace(/\uFFFD+$/, '')}…`;
}
