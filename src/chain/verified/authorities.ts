import type { BlockNumber, Hash } from '../types.ts';
import { authoritiesCodec, decodeExactly, fromHash, toHash } from './codec.ts';
import type { CheckedHeader } from './header.ts';

/** One who votes for finality: an ed25519 key, and how much the vote weighs. */
export interface Authority {
  readonly id: Hash;
  readonly weight: bigint;
}

/** Who may make blocks final. Each change of the list raises the number of the set by one. */
export interface AuthoritySet {
  readonly setId: bigint;
  readonly authorities: readonly Authority[];
}

/** A hand-over that can't be followed: only a newer checkpoint helps. */
export class HandOverUnsupported extends Error {}

const ENGINE = 'FRNK';
const SCHEDULED_CHANGE = 1;
const FORCED_CHANGE = 2;
const MAX_AUTHORITIES = 10_000;

/** Reads `Vec<(AuthorityId, Weight)>`. Throws on anything else, and on an empty list. */
export function decodeAuthorities(bytes: Uint8Array): Authority[] {
  const list = decodeExactly(authoritiesCodec, bytes);
  if (list.length === 0 || list.length > MAX_AUTHORITIES) throw new RangeError(`a list of ${list.length} authorities`);
  return list.map(([id, weight]) => ({ id: toHash(id), weight }));
}

/**
 * The set that follows after `header`, which the present set made final. A runtime with sessions hands over in the block
 * that says so; every other kind of change can't be proven by a header alone. Throws HandOverUnsupported.
 */
export function setAfter(header: CheckedHeader, set: AuthoritySet): AuthoritySet {
  const messages = header.consensus.filter(({ engine }) => engine === ENGINE).map(({ message }) => message);
  if (messages.some(([kind]) => kind === FORCED_CHANGE)) {
    throw new HandOverUnsupported(`block ${header.height} forces a change of authorities`);
  }
  // The earliest counts (sp_consensus_grandpa::ConsensusLog).
  const scheduled = messages.find(([kind]) => kind === SCHEDULED_CHANGE);
  if (scheduled === undefined) return set;
  let authorities: Authority[];
  try {
    authorities = decodeAuthorities(scheduled.subarray(1, -4));
  } catch (cause) {
    throw new HandOverUnsupported(`block ${header.height} hands over to nobody that could be read`, { cause });
  }
  if (delayOf(scheduled) !== 0) {
    throw new HandOverUnsupported(`block ${header.height} announces a change of authorities for later`);
  }
  return { setId: set.setId + 1n, authorities };
}

/** The message ends with the blocks to wait: u32. */
function delayOf(message: Uint8Array): BlockNumber {
  return new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(message.length - 4, true);
}

/** Weight of each authority; one that is listed twice has the sum. Throws HandOverUnsupported on a set that can't decide. */
export function weightsOf({ authorities }: AuthoritySet): { byId: ReadonlyMap<Hash, bigint>; threshold: bigint } {
  const byId = new Map<Hash, bigint>();
  for (const { id, weight } of authorities) {
    if (weight <= 0n) throw new HandOverUnsupported('an authority has no weight');
    const known = toHash(fromHash(id));
    byId.set(known, (byId.get(known) ?? 0n) + weight);
  }
  const total = [...byId.values()].reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) throw new HandOverUnsupported('the set has no authorities');
  // More than two thirds: all but the most that may fail (finality_grandpa::VoterSet).
  return { byId, threshold: total - (total - 1n) / 3n };
}
