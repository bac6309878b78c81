import { createHash } from 'node:crypto';
import { base58 } from '@scure/base';
import type { AccountId } from './types.ts';

const ACCOUNT_BYTES = 32;
const CHECKSUM_BYTES = 2;
/** Of any Substrate chain, and ours. */
const NETWORK = 42;

/** The address of an account (SS58, prefix 42). */
export function encodeAccount(account: Uint8Array): AccountId {
  const named = Buffer.concat([Uint8Array.of(NETWORK), account]);
  return base58.encode(Buffer.concat([named, checksum(named)]));
}

/** The account of an address, 32 bytes. Throws RangeError on what is no address with prefix 42. */
export function decodeAccount(address: AccountId): Uint8Array {
  const bytes = Buffer.from(base58.decode(address));
  const named = bytes.subarray(0, 1 + ACCOUNT_BYTES);
  const fits = bytes.length === named.length + CHECKSUM_BYTES && named[0] === NETWORK;
  if (!fits || !checksum(named).equals(bytes.subarray(named.length))) throw new RangeError('no address of an account');
  return new Uint8Array(named.subarray(1));
}

function checksum(named: Uint8Array): Buffer {
  return createHash('blake2b512').update('SS58PRE').update(named).digest().subarray(0, CHECKSUM_BYTES);
}

/** The public key of an address, 64 hexadecimal digits. Throws as `decodeAccount` does. */
export function publicKeyOf(address: AccountId): string {
  return Buffer.from(decodeAccount(address)).toString('hex');
}
