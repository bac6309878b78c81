import { hkdfSync } from 'node:crypto';
import { Bug } from '../system/errors.ts';
import { HostKey } from './keys.ts';
import { type SealKeyPair, sealKeyPairOf } from './seal.ts';
import type { HostSigner } from './types.ts';

/** Raise the number when the way keys are derived changes: then every account publishes a new key. */
const PURPOSE = 'logos sealing key 1';
const KEY_BYTES = 32;

/**
 * The key pair that things are sealed to for an account. It comes from the account's secret key alone, so it needs no
 * file and no backup of its own, and whoever has it learns nothing about the key that signs.
 */
export function sealingKey(signer: HostSigner): SealKeyPair {
  if (!(signer instanceof HostKey)) throw new Bug('A signer must come from hostKey().');
  // PKCS #8 with the secret in clear: the same bytes for the same key.
  const secret = signer.pair.encodePkcs8();
  return sealKeyPairOf(new Uint8Array(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES)));
}
