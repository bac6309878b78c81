import { blake2AsU8a, ed25519Verify, secp256k1Recover, sr25519Verify } from '@polkadot/util-crypto';
import type { FatPointer } from '../guest.ts';
import type { Host, HostFunctions } from './functions.ts';

/** sp_io::EcdsaVerifyError. */
const BAD_RS = 0;
const BAD_V = 1;
const BAD_SIGNATURE = 2;

/** Order of the curve secp256k1; a signature's two numbers are below it. */
const ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

/** `ext_crypto_*` that check signatures. Those that make some need a key store, which the embedded chain has not. */
export function cryptoFunctions({ guest }: Host): HostFunctions {
  const recovered = (signature: number, hash: number, form: 'compressed' | 'full'): FatPointer => {
    const result = recover(guest.copy(signature, 65), guest.copy(hash, 32), form);
    return guest.give(
      typeof result === 'number' ? Uint8Array.of(1, result) : Buffer.concat([Uint8Array.of(0), result]),
    );
  };
  const isBy = (signature: Uint8Array, hash: Uint8Array, key: Uint8Array): number => {
    const result = recover(signature, hash, 'compressed');
    return Number(typeof result !== 'number' && Buffer.compare(result, key) === 0);
  };
  return {
    ext_crypto_sr25519_verify_version_2: (signature: number, message: FatPointer, key: number) =>
      Number(verified(() => sr25519Verify(guest.take(message), guest.copy(signature, 64), guest.copy(key, 32)))),
    // In JavaScript: that verifies as nodes do (ZIP 215), the package's Wasm more strictly.
    ext_crypto_ed25519_verify_version_1: (signature: number, message: FatPointer, key: number) =>
      Number(verified(() => ed25519Verify(guest.take(message), guest.copy(signature, 64), guest.copy(key, 32), true))),
    ext_crypto_ecdsa_verify_version_2: (signature: number, message: FatPointer, key: number) =>
      isBy(guest.copy(signature, 65), blake2AsU8a(guest.take(message), 256), guest.copy(key, 33)),
    ext_crypto_ecdsa_verify_prehashed_version_1: (signature: number, hash: number, key: number) =>
      isBy(guest.copy(signature, 65), guest.copy(hash, 32), guest.copy(key, 33)),
    ext_crypto_secp256k1_ecdsa_recover_version_2: (signature: number, hash: number) =>
      recovered(signature, hash, 'full'),
    ext_crypto_secp256k1_ecdsa_recover_compressed_version_2: (signature: number, hash: number) =>
      recovered(signature, hash, 'compressed'),
  };
}

/** A key or signature that is none at all is an exception to the libraries, and a no to the runtime. */
function verified(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}

/** The public key that made a signature of r, s and v, or the number of an error. */
function recover(signature: Uint8Array, hash: Uint8Array, form: 'compressed' | 'full'): Uint8Array | number {
  const v = signature[64] ?? 0;
  const recovery = v > 26 ? v - 27 : v;
  if (recovery > 3) return BAD_V;
  const [r, s] = [numberOf(signature.subarray(0, 32)), numberOf(signature.subarray(32, 64))];
  if (r >= ORDER || s >= ORDER) return BAD_RS;
  try {
    return secp256k1Recover(hash, signature.subarray(0, 64), recovery, form === 'full' ? 'keccak' : 'blake2', true);
  } catch {
    return BAD_SIGNATURE;
  }
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
