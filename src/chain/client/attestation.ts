import { blake2AsHex } from '@polkadot/util-crypto';
import { decodeAccount } from '../ss58.ts';
import type { AccountId, Hash } from '../types.ts';

/**
 * What proves an attestation on chain (pallet DRN): the BLAKE2b-256 digest of the block's hash, the machine's account, the
 * manifest and the verdict. It can't be made before the block is known.
 */
export function attestationProof(blockHash: Hash, account: AccountId, manifest: Hash, intact: boolean): Hash {
  const verdict = Uint8Array.of(intact ? 1 : 0);
  const parts = [bytesOf(blockHash), decodeAccount(account), bytesOf(manifest), verdict];
  return blake2AsHex(Buffer.concat(parts), 256);
}

function bytesOf(hash: Hash): Uint8Array {
  return Buffer.from(hash.slice(2), 'hex');
}
