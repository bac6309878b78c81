import { randomBytes } from 'node:crypto';

/** How the UUID of every DVM begins: what has to tell it from the owner's machines by its name could be told a lie. */
export const DVM_UUID_PREFIX = '10905d1c-';

/** A UUID of version 8 (RFC 9562: the first 32 bits ours, the rest random) for a new DVM. */
export function newDvmUuid(): string {
  const hex = randomBytes(12).toString('hex');
  const variant = '89ab'[Number.parseInt(hex.slice(6, 7), 16) & 3];
  return `${DVM_UUID_PREFIX}${hex.slice(0, 4)}-8${hex.slice(4, 7)}-${variant}${hex.slice(7, 10)}-${hex.slice(10, 22)}`;
}
