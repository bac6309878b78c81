import { TypeRegistry } from '@polkadot/types';
import type { Header } from '@polkadot/types/interfaces';
import { bnToU8a, u8aToHex } from '@polkadot/util';
import type { Hash } from '../../../../src/chain/types.ts';
import { toHash } from '../../../../src/chain/verified/codec.ts';
import { childRootKey, GRANDPA_AUTHORITIES_KEY, TIMESTAMP_KEY } from '../../../../src/chain/verified/storage-keys.ts';
import { blockOf, finalityProof, header, justification, scheduledChange, type Voter } from './grandpa-maker.ts';
import type { Answers } from './rpc-server.ts';
import { buildTrie } from './trie-builder.ts';

/** polkadot.js encodes what the code under test decodes. */
const registry = new TypeRegistry();

interface MadeBlock {
  readonly values: Readonly<Record<string, Uint8Array>>;
  readonly header: Header;
  readonly parts: readonly Uint8Array[];
  /** Who makes it final. */
  readonly voters: readonly Voter[];
  readonly setId: bigint;
}

export interface BlockPlan {
  /** Milliseconds since 1970. */
  time: number;
  /** By key, hexadecimal without prefix. */
  values?: Readonly<Record<string, Uint8Array>>;
  /** Of the child trie named `aa01`. */
  child?: Readonly<Record<string, Uint8Array>>;
  /** Who votes after this block. */
  handOver?: readonly Voter[];
  delay?: number;
  forced?: boolean;
}

export const CHILD_TRIE = Uint8Array.of(0xaa, 0x01);

/** A chain that is made block by block, with true state roots, and votes of authorities whose secrets are known. */
export class MadeChain {
  readonly blocks: MadeBlock[] = [];
  #voters: readonly Voter[];
  #setId = 0n;

  constructor(voters: readonly Voter[], time: number) {
    this.#voters = voters;
    this.add({ time });
  }

  get genesis(): Hash {
    return this.#hash(0);
  }

  get tip(): MadeBlock {
    const block = this.blocks.at(-1);
    if (block === undefined) throw new Error('no blocks');
    return block;
  }

  add(plan: BlockPlan): this {
    const authorities = this.#voters.map(({ id, weight }) => [id, weight]);
    const child = trieOf(plan.child ?? {});
    const values = {
      [plain(GRANDPA_AUTHORITIES_KEY)]: registry.createTypeUnsafe('Vec<([u8; 32], u64)>', [authorities]).toU8a(),
      [plain(TIMESTAMP_KEY)]: bnToU8a(plan.time, { bitLength: 64, isLe: true }),
      ...(plan.child === undefined ? {} : { [plain(childRootKey(CHILD_TRIE))]: child.root }),
      ...plan.values,
    };
    const top = trieOf(values);
    const parent = this.blocks.at(-1)?.header.hash.toHex() ?? `0x${'00'.repeat(32)}`;
    const logs =
      plan.handOver === undefined ? [] : [scheduledChange(plan.handOver, plan.delay ?? 0, plan.forced ? 2 : 1)];
    const made = header(this.blocks.length, parent, logs, toHash(top.root));
    this.blocks.push({
      values,
      header: made,
      parts: [...top.parts, ...child.parts],
      voters: this.#voters,
      setId: this.#setId,
    });
    if (plan.handOver !== undefined) {
      this.#voters = plan.handOver;
      this.#setId += 1n;
    }
    return this;
  }

  /** What an honest node answers whose last final block is the one at `height`. */
  answers(height = this.blocks.length - 1): Answers {
    return (method, params) => {
      const [first] = params;
      switch (method) {
        case 'chain_getBlockHash':
          return this.#hash(Number(first));
        case 'chain_getFinalizedHead':
          return this.#hash(height);
        case 'chain_getHeader':
          return rpcForm(this.#block(first, height)?.header);
        case 'grandpa_proveFinality':
          return this.prove(Number(first), height);
        case 'state_getReadProof':
        case 'state_getChildReadProof':
          return this.#proof(params.at(-1), height);
        case 'state_queryStorageAt':
          return this.#values(params[0] as string[], params[1], height);
        default:
          throw new Error(`Method not found: ${method}`);
      }
    };
  }

  /** As sc_consensus_grandpa::prove_finality does: for an old set its last block, for the present one the last final. */
  prove(block: number, height = this.blocks.length - 1): Hash | undefined {
    if (block > height) throw new Error('Block not yet finalized');
    const { setId } = this.blocks[block] as MadeBlock;
    const last = this.blocks.findLastIndex((made, index) => made.setId === setId && index <= height);
    return finalityProof(
      this.#hash(last),
      this.justify(last),
      this.blocks.slice(block + 1, last + 1).map((made) => made.header),
    );
  }

  justify(height: number, round = 1n): Uint8Array {
    const { header: made, voters, setId } = this.blocks[height] as MadeBlock;
    const block = blockOf(made);
    return justification(
      block,
      voters.map((voter) => ({ voter, block })),
      { round, setId },
    );
  }

  #hash(height: number): Hash {
    return (this.blocks[height] as MadeBlock).header.hash.toHex();
  }

  #block(hash: unknown, height: number): MadeBlock | undefined {
    return this.blocks.slice(0, height + 1).find((made) => made.header.hash.toHex() === hash);
  }

  #values(keys: readonly string[], hash: unknown, height: number): unknown {
    const values = this.#block(hash, height)?.values ?? {};
    return [
      { block: hash, changes: keys.map((key) => [key, values[key.slice(2)] ? u8aToHex(values[key.slice(2)]) : null]) },
    ];
  }

  #proof(hash: unknown, height: number): unknown {
    const block = this.#block(hash, height);
    if (block === undefined) throw new Error('State already discarded');
    return { at: hash, proof: block.parts.map((part) => u8aToHex(part)) };
  }
}

function trieOf(values: Readonly<Record<string, Uint8Array>>): { root: Uint8Array; parts: readonly Uint8Array[] } {
  return buildTrie(new Map(Object.entries(values)), 1);
}

function plain(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

/** A header as the RPC gives it: numbers in hexadecimal, log entries as bytes. */
export function rpcForm(made: Header | undefined): unknown {
  if (made === undefined) return null;
  return {
    parentHash: made.parentHash.toHex(),
    number: `0x${made.number.toNumber().toString(16)}`,
    stateRoot: made.stateRoot.toHex(),
    extrinsicsRoot: made.extrinsicsRoot.toHex(),
    digest: { logs: made.digest.logs.map((log) => log.toHex()) },
  };
}
