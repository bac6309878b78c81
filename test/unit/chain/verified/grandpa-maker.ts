import { TypeRegistry } from '@polkadot/types';
import type { Header } from '@polkadot/types/interfaces';
import { bnToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { ed25519PairFromSeed, ed25519Sign } from '@polkadot/util-crypto';
import type { Hash } from '../../../../src/chain/types.ts';
import type { Authority, AuthoritySet } from '../../../../src/chain/verified/authorities.ts';

const registry = new TypeRegistry();

/** An authority whose secret the test has. */
export interface Voter extends Authority {
  sign(message: Uint8Array): Uint8Array;
}

export function voter(number: number, weight = 1n): Voter {
  const pair = ed25519PairFromSeed(new Uint8Array(32).fill(number + 1));
  return { id: u8aToHex(pair.publicKey), weight, sign: (message) => ed25519Sign(message, pair) };
}

export function setOf(voters: readonly Voter[], setId = 7n): AuthoritySet {
  return { setId, authorities: voters.map(({ id, weight }) => ({ id, weight })) };
}

/** A header with nothing in it but its place in the chain, and what consensus engines say. */
export function header(number: number, parentHash: Hash, logs: readonly unknown[] = [], stateRoot?: Hash): Header {
  const zero = `0x${'00'.repeat(32)}`;
  return registry.createTypeUnsafe<Header>('Header', [
    { parentHash, number, stateRoot: stateRoot ?? zero, extrinsicsRoot: zero, digest: { logs } },
  ]);
}

export interface Block {
  hash: Hash;
  height: number;
}

export function blockOf(made: Header): Block {
  return { hash: made.hash.toHex(), height: made.number.toNumber() };
}

export interface Precommit {
  voter: Voter;
  block: Block;
  /** In place of the right ones. */
  round?: bigint;
  setId?: bigint;
  signature?: Uint8Array;
}

/** What authorities sign, put together as finality-grandpa specifies it and not by the code under test. */
function payload({ hash, height }: Block, round: bigint, setId: bigint): Uint8Array {
  const message = registry.createTypeUnsafe('(u8, [u8; 32], u32, u64, u64)', [[1, hash, height, round, setId]]);
  return message.toU8a();
}

export function justification(
  target: Block,
  precommits: readonly Precommit[],
  options: { round?: bigint; setId?: bigint; ancestries?: readonly Header[] } = {},
): Uint8Array {
  const { round = 3n, setId = 7n, ancestries = [] } = options;
  return registry
    .createTypeUnsafe('GrandpaJustification', [
      {
        round,
        commit: {
          targetHash: target.hash,
          targetNumber: target.height,
          precommits: precommits.map((vote) => ({
            precommit: { targetHash: vote.block.hash, targetNumber: vote.block.height },
            signature: vote.signature ?? vote.voter.sign(payload(vote.block, vote.round ?? round, vote.setId ?? setId)),
            id: vote.voter.id,
          })),
        },
        votesAncestries: ancestries,
      },
    ])
    .toU8a();
}

/** `ConsensusLog::ScheduledChange` as a digest item; `kind` 2 makes it forced. */
export function scheduledChange(voters: readonly Authority[], delay = 0, kind = 1): unknown {
  const list = registry.createTypeUnsafe('Vec<([u8; 32], u64)>', [voters.map(({ id, weight }) => [id, weight])]);
  const median = kind === 2 ? bnToU8a(1, { bitLength: 32, isLe: true }) : new Uint8Array();
  const message = u8aConcat([kind], median, list.toU8a(), bnToU8a(delay, { bitLength: 32, isLe: true }));
  return { Consensus: ['FRNK', u8aToHex(message)] };
}

/** What `grandpa_proveFinality` answers. */
export function finalityProof(block: Hash, justified: Uint8Array, unknownHeaders: readonly Header[] = []): Hash {
  return registry
    .createTypeUnsafe('(H256, Bytes, Vec<Header>)', [[block, u8aToHex(justified), unknownHeaders]])
    .toHex() as Hash;
}
