import { compactAddLength, stringToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsU8a, decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { z } from 'zod';
import { assetText } from '../../system/assets.ts';
import type { ContractName } from '../contract-types.ts';
import type { AccountId, Hash } from '../types.ts';
import type { Contract } from './contract.ts';

const digest = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
/** What the build adds to ink!'s metadata. */
const built = z.looseObject({ layout: z.object({ digest, accepts: z.array(digest) }) });

/** How a contract's code lays out its storage, by hash, and which older layouts it reads. */
export type Layout = z.infer<typeof built>['layout'];

/** The layout of the code that this program carries. */
export function builtInLayout(name: ContractName): Layout {
  return built.parse(JSON.parse(assetText(`contracts/artifacts/${name}.contract`))).layout;
}

/** The answer of a contract's message `layout`, in the JSON form of polkadot.js. */
export const layoutSchema = z.object({ digest });

/** What the chain's own record of a contract says, in the JSON form of polkadot.js. */
export const contractInfo = z.looseObject({ codeHash: digest }).nullable();

/** Where a contract that is made from this program's code will be. */
export interface Instance {
  address: AccountId;
  codeHash: Hash;
  /** Constructor and arguments with their length, as `Abi` gives them. */
  data: Uint8Array;
  salt: Uint8Array;
}

/** The same contract of the same maker has the same address on every chain, so that making it twice is noticed. */
export function instanceOf(contract: Contract, maker: AccountId, label: string, args: readonly unknown[]): Instance {
  const { source } = contract.abi.info;
  const data = contract.abi.findConstructor('new').toU8a([...args]);
  const salt = stringToU8a(label);
  // How pallet-contracts derives an address (DefaultAddressGenerator); the last two parts come with their lengths.
  const parts = ['contract_addr_v1', decodeAddress(maker), source.wasmHash.toU8a(), data, compactAddLength(salt)];
  return {
    address: encodeAddress(blake2AsU8a(u8aConcat(...parts), 256), 42),
    codeHash: source.wasmHash.toHex(),
    data,
    salt,
  };
}
