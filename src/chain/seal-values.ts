import { createHash } from 'node:crypto';
import { sealBroken } from './errors.ts';
import type { SealContext } from './seal.ts';
import type { Hash } from './types.ts';

/**
 * How names and values of the privacy contract are hidden. Names are hashed: who guesses a name can check the guess, so a
 * name is no secret by itself; the one that is shown to members is inside the sealed value.
 */

const INFO = Buffer.from('logos privacy 1');
const FORMAT = 1;
/** Sealed values are as long as the next multiple of this, so that their length says less. */
const BLOCK_BYTES = 64;
const HEADER_BYTES = 1 + 2 + 4;

/** What a role is called by on chain. */
export function roleId(region: string, role: string): Hash {
  return hashOf('role', region, role);
}

/** What a value is called by on chain. */
export function valueId(region: string, role: string, name: string): Hash {
  return hashOf('value', region, role, name);
}

/** Where a member's copy of a role's secret key belongs. `contract` and `account`: public keys of the accounts. */
export function sharePlace(contract: Uint8Array, role: Hash, epoch: number, account: Uint8Array): SealContext {
  return place('share', contract, role, epoch, account);
}

/** Where a value belongs. */
export function valuePlace(contract: Uint8Array, role: Hash, epoch: number, value: Hash): SealContext {
  return place('value', contract, role, epoch, Buffer.from(value.slice(2), 'hex'));
}

function place(what: string, contract: Uint8Array, role: Hash, epoch: number, of: Uint8Array): SealContext {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(epoch);
  return {
    info: INFO,
    place: Buffer.concat([Buffer.from(what), contract, Buffer.from(role.slice(2), 'hex'), number, of]),
  };
}

/** A name and a value as one message, filled up with zeros. */
export function packValue(name: string, bytes: Uint8Array): Uint8Array {
  const label = Buffer.from(name);
  const length = HEADER_BYTES + label.length + bytes.length;
  const packed = Buffer.alloc(Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
  packed.writeUInt8(FORMAT, 0);
  packed.writeUInt16LE(label.length, 1);
  packed.writeUInt32LE(bytes.length, 3);
  packed.set(label, HEADER_BYTES);
  packed.set(bytes, HEADER_BYTES + label.length);
  return packed;
}

/** The name and value of a message. Throws ExternalError `seal-broken` on anything that `packValue` doesn't make. */
export function unpackValue(message: Uint8Array): { name: string; bytes: Uint8Array } {
  const packed = Buffer.from(message);
  if (packed.length < HEADER_BYTES || packed.readUInt8(0) !== FORMAT) throw sealBroken();
  const start = HEADER_BYTES + packed.readUInt16LE(1);
  const end = start + packed.readUInt32LE(3);
  if (end > packed.length) throw sealBroken();
  return { name: packed.toString('utf8', HEADER_BYTES, start), bytes: new Uint8Array(packed.subarray(start, end)) };
}

function hashOf(...parts: string[]): Hash {
  const hash = createHash('sha256').update('logos privacy 1');
  for (const part of parts) {
    const text = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    hash.update(length).update(text);
  }
  return `0x${hash.digest('hex')}`;
}
