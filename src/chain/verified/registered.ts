import { Bytes, Struct, u8, u32 } from 'scale-ts';
import type { ContractKind, RegisteredContract } from '../registry-types.ts';
import { encodeAccount } from '../ss58.ts';
import { decodeExactly, toHash } from './codec.ts';
import { registryKey } from './contract.ts';
import type { VerifiedState } from './reader.ts';

/** pallet_scl::ContractRecord. */
const record = Struct({ address: Bytes(32), layer: u8, codeHash: Bytes(32), since: u32, revision: u32 });

/** The contract that the registry names for a section, with proof; `undefined` where it is proven to name none. */
export async function readRegistered(
  state: VerifiedState,
  kind: ContractKind,
  region: string,
  section: string,
): Promise<RegisteredContract | undefined> {
  const [found] = await state.read([registryKey(kind, region, section)]);
  if (found === undefined) return undefined;
  const { address, codeHash, revision } = decodeExactly(record, found);
  return { address: encodeAccount(address), codeHash: toHash(codeHash), revision };
}
