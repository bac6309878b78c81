import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { sealBroken, sealKeyInvalid } from './errors.ts';

/**
 * Hybrid public key encryption of RFC 9180: base mode, one message a key, with X25519, HKDF-SHA256 and
 * ChaCha20-Poly1305. What is sealed to a public key is opened by its secret key only, and any change of it, or of what it
 * was bound to, is noticed. It doesn't say who sealed it: on chain, that is the account which signed the transaction.
 */

/** An X25519 key pair, 32 bytes each. */
export interface SealKeyPair {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

/** What a sealed message is for: it opens only where both are the same. */
export interface SealContext {
  /** The application. */
  info: Uint8Array;
  /** The place, for instance of a value on chain, so that one sealed message can't be passed off as another. */
  place: Uint8Array;
}

/** By how many bytes a sealed message is longer. */
export const SEAL_BYTES = 48;

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** kem 0x0020, kdf 0x0001, aead 0x0003. */
const KEM_SUITE = Buffer.from('4b454d0020', 'hex');
const SUITE = Buffer.from('48504b45002000010003', 'hex');
/** DER that comes before the 32 bytes of a key: SubjectPublicKeyInfo and PrivateKeyInfo of RFC 8410. */
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');
const SECRET_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');
const EMPTY = new Uint8Array();

/** A new random key pair. */
export function generateSealKeyPair(): SealKeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  const secretKey = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(SECRET_DER.length));
  return sealKeyPairOf(secretKey);
}

/** The key pair of a secret key. Throws UserError `seal-key-invalid`. */
export function sealKeyPairOf(secretKey: Uint8Array): SealKeyPair {
  return { secretKey, publicKey: rawPublic(createPublicKey(secretObject(secretKey))) };
}

/** Seals a message to a public key, each time under a key of its own. Throws UserError `seal-key-invalid`. */
export function seal(message: Uint8Array, publicKey: Uint8Array, context: SealContext): Uint8Array {
  const { privateKey } = generateKeyPairSync('x25519');
  const sent = rawPublic(createPublicKey(privateKey));
  const { key, nonce } = schedule(exchange(privateKey, publicObject(publicKey)), sent, publicKey, context.info);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(context.place, { plaintextLength: message.length });
  return new Uint8Array(Buffer.concat([sent, cipher.update(message), cipher.final(), cipher.getAuthTag()]));
}

/** Opens what was sealed to the pair's public key. Throws ExternalError `seal-broken`, UserError `seal-key-invalid`. */
export function open(sealed: Uint8Array, pair: SealKeyPair, context: SealContext): Uint8Array {
  if (sealed.length < SEAL_BYTES) throw sealBroken();
  const sent = sealed.subarray(0, KEY_BYTES);
  const secret = secretObject(pair.secretKey);
  try {
    const { key, nonce } = schedule(exchange(secret, publicObject(sent)), sent, pair.publicKey, context.info);
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
    const body = sealed.subarray(KEY_BYTES, -TAG_BYTES);
    decipher.setAAD(context.place, { plaintextLength: body.length });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
  } catch (cause) {
    throw sealBroken(cause);
  }
}

/** Key and nonce of the one message: section 4.1 (the exchange) and 5.1 (the schedule). */
function schedule(
  shared: Uint8Array,
  sent: Uint8Array,
  recipient: Uint8Array,
  info: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  const prk = extract(KEM_SUITE, EMPTY, 'eae_prk', shared);
  const secretOfExchange = expand(KEM_SUITE, prk, 'shared_secret', Buffer.concat([sent, recipient]), KEY_BYTES);
  const bound = Buffer.concat([
    Uint8Array.of(0),
    extract(SUITE, EMPTY, 'psk_id_hash', EMPTY),
    extract(SUITE, EMPTY, 'info_hash', info),
  ]);
  const secret = extract(SUITE, secretOfExchange, 'secret', EMPTY);
  return {
    key: expand(SUITE, secret, 'key', bound, KEY_BYTES),
    nonce: expand(SUITE, secret, 'base_nonce', bound, NONCE_BYTES),
  };
}

/** OpenSSL refuses points whose product is zero, as RFC 7748 asks. */
function exchange(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw sealKeyInvalid(cause);
  }
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Uint8Array {
  return createHmac('sha256', salt).update('HPKE-v1').update(suite).update(label).update(input).digest();
}

/** HKDF-Expand for one block of SHA-256 at most, which is all that is needed here. */
function expand(suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  const mac = createHmac('sha256', prk).update(Uint8Array.of(length >> 8, length & 0xff));
  mac.update('HPKE-v1').update(suite).update(label).update(info).update(Uint8Array.of(1));
  return mac.digest().subarray(0, length);
}

function publicObject(key: Uint8Array): KeyObject {
  return fromDer(PUBLIC_DER, key, (der) => createPublicKey({ key: der, format: 'der', type: 'spki' }));
}

function secretObject(key: Uint8Array): KeyObject {
  return fromDer(SECRET_DER, key, (der) => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

function fromDer(prefix: Buffer, key: Uint8Array, read: (der: Buffer) => KeyObject): KeyObject {
  if (key.length !== KEY_BYTES) throw sealKeyInvalid();
  return read(Buffer.concat([prefix, key]));
}

function rawPublic(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length));
}
