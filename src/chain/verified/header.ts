import type { CodecType } from 'scale-ts';
import { compact } from 'scale-ts';
import { z } from 'zod';
import type { BlockNumber, Hash } from '../types.ts';
import { concatBytes, decodeExactly, fromHash, hashSchema, headerCodec, toHash } from './codec.ts';
import { blake256 } from './hashes.ts';

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
  const { parentHash, number, stateRoot, extrinsicsRoot, digest } = rpcHeader.parse(answer);
  const logs = digest.logs.map((log) => Buffer.from(log.slice(2), 'hex'));
  const [parent, state, extrinsics] = [parentHash, stateRoot, extrinsicsRoot].map(fromHash) as [Buffer, Buffer, Buffer];
  return readHeader(
    concatBytes(parent, compact.enc(Number(number)), state, extrinsics, compact.enc(logs.length), ...logs),
  );
}

/** Reads a header from its SCALE bytes. Throws on what is no header. */
export function readHeader(bytes: Uint8Array): CheckedHeader {
  return checked(decodeExactly(headerCodec, bytes));
}

/** The same for a header that was decoded as a part of something else. */
export function checked(header: CodecType<typeof headerCodec>): CheckedHeader {
  return {
    hash: toHash(blake256(headerCodec.enc(header))),
    height: Number(header.number),
    parent: toHash(header.parentHash),
    stateRoot: header.stateRoot,
    consensus: header.digest.flatMap((item) => {
      if (item.tag !== 'Consensus') return [];
      const [engine, message] = item.value;
      return [{ engine: new TextDecoder().decode(engine), message }];
    }),
  };
}
