import { createPublicKey, verify } from 'node:crypto';
import { type CodecType, u32, u64 } from 'scale-ts';
import type { BlockNumber, Hash } from '../types.ts';
import { type AuthoritySet, weightsOf } from './authorities.ts';
import { concatBytes, decodeExactly, fromHash, justificationCodec, toHash } from './codec.ts';
import { checked } from './header.ts';

/** The block that a justification makes final. */
export interface Finalized {
  readonly hash: Hash;
  readonly height: BlockNumber;
}

/** The justification does not make its block final. `otherSet`: none of its voters, or no signature, is of this set. */
export class JustificationInvalid extends Error {
  readonly otherSet: boolean;

  constructor(why: string, otherSet = false) {
    super(why);
    this.otherSet = otherSet;
  }
}

interface Vote {
  readonly voter: Hash;
  readonly target: Hash;
  readonly height: BlockNumber;
  readonly signature: Uint8Array;
}

/** Variant of finality_grandpa::Message. */
const PRECOMMIT = 1;
/** What stands before an ed25519 key in its usual form (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
/** Each authority signs once, or twice when it equivocates. */
const MOST_VOTES_EACH = 2;

/**
 * Checks a GRANDPA justification (SCALE) against an authority set: every signature is good and by one of the set, and
 * votes for the block, or for blocks that the enclosed headers lead to from it, weigh more than two thirds of all.
 * Who votes more than once counts once. Throws JustificationInvalid.
 */
export function verifyJustification(encoded: Uint8Array, set: AuthoritySet): Finalized {
  const { round, target, votes, ancestry } = read(encoded);
  const { byId, threshold } = weightsOf(set);
  if (votes.length > byId.size * MOST_VOTES_EACH)
    throw new JustificationInvalid('it has more votes than voters can cast');
  if (!votes.some(({ voter }) => byId.has(voter))) {
    throw new JustificationInvalid('none of its votes is by an authority of this set', true);
  }
  const counted = new Set<Hash>();
  const used = new Set<Hash>();
  for (const vote of votes) {
    if (!byId.has(vote.voter)) throw new JustificationInvalid(`${vote.voter} votes and is no authority`);
    if (!isSigned(vote, round, set.setId)) {
      throw new JustificationInvalid(
        `the signature of ${vote.voter} is not for set ${set.setId}, or forged`,
        counted.size === 0,
      );
    }
    if (leadsTo(vote, target, ancestry, used)) counted.add(vote.voter);
  }
  if (used.size !== ancestry.size) throw new JustificationInvalid('it has headers that no vote needs');
  const weight = [...counted].reduce((sum, voter) => sum + (byId.get(voter) ?? 0n), 0n);
  if (weight < threshold) throw new JustificationInvalid(`its votes weigh ${weight} of ${threshold} needed`);
  return target;
}

function read(encoded: Uint8Array): {
  round: bigint;
  target: Finalized;
  votes: Vote[];
  ancestry: ReadonlyMap<Hash, Hash>;
} {
  let decoded: CodecType<typeof justificationCodec>;
  try {
    decoded = decodeExactly(justificationCodec, encoded);
  } catch (cause) {
    throw new JustificationInvalid(`it can't be decoded: ${(cause as Error).message.slice(0, 200)}`);
  }
  const { round, targetHash, targetNumber, precommits, votesAncestries } = decoded;
  const headers = votesAncestries.map(checked);
  return {
    round,
    target: { hash: toHash(targetHash), height: targetNumber },
    votes: precommits.map((precommit) => ({
      voter: toHash(precommit.id),
      target: toHash(precommit.targetHash),
      height: precommit.targetNumber,
      signature: precommit.signature,
    })),
    ancestry: new Map(headers.map(({ hash, parent }) => [hash, parent])),
  };
}

/** What an authority signs: the message, the round, and the number of the set (sp_consensus_grandpa::localized_payload). */
export function signedPayload(vote: Pick<Vote, 'target' | 'height'>, round: bigint, setId: bigint): Uint8Array {
  return concatBytes([PRECOMMIT], fromHash(vote.target), u32.enc(vote.height), u64.enc(round), u64.enc(setId));
}

function isSigned(vote: Vote, round: bigint, setId: bigint): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI, fromHash(vote.voter)]), format: 'der', type: 'spki' });
    return verify(null, signedPayload(vote, round, setId), key, vote.signature);
  } catch {
    return false; // a key that is no point of the curve
  }
}

/** Whether the voted block is the target, or the headers lead from it down to the target. Notes the headers it used. */
function leadsTo(vote: Vote, target: Finalized, ancestry: ReadonlyMap<Hash, Hash>, used: Set<Hash>): boolean {
  const route: Hash[] = [];
  let block = vote.target;
  while (block !== target.hash) {
    const parent = ancestry.get(block);
    if (parent === undefined) return false;
    route.push(block);
    block = parent;
  }
  // Each header between is one block: a vote's height that differs was made up.
  if (vote.height !== target.height + route.length) throw new JustificationInvalid('a vote is for a wrong height');
  for (const hash of route) used.add(hash);
  return true;
}
