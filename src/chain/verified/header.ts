import type { Header } from '@polkadot/types/interfaces';
import { z } from 'zod';
import type { BlockNumber, Hash } from '../types.ts';
import { decodeExactly, encode, fromHash, hashSchema, toHash } from './codec.ts';

/** What a header says, after its hash was found to be the one that was asked for. */
export interface CheckedHeader {
  readonly hash: Hash;
  readonly height: BlockNumber;
  readonly parent: Hash;
  readonly stateRoot: Uint8Array;
  /** What consensus engines said in the block: the engine's four letters, and its message. */
  readonly consensus: readonly { readonly engine: string; readonly message: Uint8Array }[];
}

const MAX_LOGS = 64;
/** The form that `chain_getHeader` answers in. */
const rpcHeader = z.object({
  parentHash: hashSchema,
  number: z.string().regex(/^0x[0-9a-f]{1,8}$/),
  stateRoot: hashSchema,
  extrinsicsRoot: hashSchema,
  digest: z.object({ logs: z.array(z.string().regex(/^0x(?:[0-9a-f]{2})+$/)).max(MAX_LOGS) }),
});

/** Reads a header from the RPC and hashes it. Throws on what is no header. */
export function headerFromRpc(answer: unknown): CheckedHeader {
  return checked(decodeExactly<Header>('Header', encode('Header', rpcHeader.parse(answer))));
}

export function checked(header: Header): CheckedHeader {
  return {
    hash: toHash(header.hash.toU8a()),
    height: header.number.toNumber(),
    parent: toHash(header.parentHash.toU8a()),
    stateRoot: fromHash(toHash(header.stateRoot.toU8a())),
    consensus: header.digest.logs.flatMap((log) => {
      if (!log.isConsensus) return [];
      const [engine, message] = log.asConsensus;
      return [{ engine: new TextDecoder().decode(engine.toU8a()), message: message.toU8a(true) }];
    }),
  };
}
