import type { LogosError } from '../../system/errors.ts';
import type { BlockNumber, Hash } from '../types.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointUnusable, headStale } from './errors.ts';
import type { CheckedHeader } from './header.ts';
import { readStorage } from './state-proof.ts';
import { TIMESTAMP_KEY } from './storage-keys.ts';

/**
 * What a head rests on. `finality`: the signatures of more than two thirds of the chain's authorities. `local`: this
 * machine's own process, whose word is taken for it.
 */
export type Trust = 'finality' | 'local';

/** A final block, no older than was allowed when it was read. */
export interface VerifiedHead {
  readonly height: BlockNumber;
  readonly hash: Hash;
  readonly stateRoot: Uint8Array;
  /** Milliseconds since 1970, as the chain says it. */
  readonly time: number;
  readonly trust: Trust;
  /** Name of the endpoint that showed it. */
  readonly endpoint: string;
}

/** Finds the newest head that can be trusted. */
export interface HeadSource {
  readonly checkpoint: Checkpoint | undefined;
  /** Throws the only endpoint's error, or ExternalError `endpoints-failed`. */
  next(endpoints: readonly Endpoint[], onRejected: (error: LogosError) => void): Promise<VerifiedHead>;
  close(): Promise<void>;
}

/** How old a head may be, and whose clock says so. */
export interface Freshness {
  /** Milliseconds behind the clock. */
  readonly maxAgeMs: number;
  /** Milliseconds ahead of the clock: clocks differ. */
  readonly maxAheadMs: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The head that a header is, if its time, which is read with proof, is the present. Throws `head-stale`. */
export async function freshHead(
  endpoint: Endpoint,
  header: CheckedHeader,
  trust: Trust,
  freshness: Freshness,
): Promise<VerifiedHead> {
  const [moment] = await readStorage(endpoint, header, [TIMESTAMP_KEY]);
  // The genesis block is as old as can be: it has no time.
  const bytes = moment ?? (header.height === 0 ? new Uint8Array(8) : undefined);
  if (bytes?.length !== 8) throw endpointUnusable(endpoint.name, `block ${header.height} does not say its time`);
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const age = freshness.now() - time;
  if (age > freshness.maxAgeMs || age < -freshness.maxAheadMs) {
    throw headStale(endpoint.name, header.height, age, freshness.maxAgeMs);
  }
  const { height, hash, stateRoot } = header;
  return { height, hash, stateRoot, time, trust, endpoint: endpoint.name };
}
