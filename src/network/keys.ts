import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';

/** A key of WireGuard as `wg genkey` and `wg pubkey` print it: 32 bytes in Base64 (wg(8)). */
export const tunnelKeySchema = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'no key of a tunnel');

/** What comes before the 32 bytes of a private key of X25519 in DER (RFC 8410, 7). */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** Makes the private key of one end of a tunnel. */
export function makeTunnelKey(): string {
  const { privateKey } = generateKeyPairSync('x25519');
  return privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32).toString('base64');
}

/** The public key that the other end has to know. */
export function tunnelPublicKey(secret: string): string {
  const der = Buffer.concat([PRIVATE_DER, Buffer.from(secret, 'base64')]);
  const key = createPublicKey(createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }));
  return key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
}
