import { z } from 'zod';
import type { Hash } from '../types.ts';
import { sameBytes, toHash } from './codec.ts';
import { ask, type Endpoint } from './endpoint.ts';
import { proofInvalid } from './errors.ts';
import { blake256 } from './hashes.ts';
import type { CheckedHeader } from './header.ts';
import { childRootKey } from './storage-keys.ts';
import { ProofInvalid, type Proven, TrieProof } from './trie-proof.ts';

/** A block whose state is read: all of it rests on its state root. */
export type StateOf = Pick<CheckedHeader, 'hash' | 'height' | 'stateRoot'>;

/** What is no hexadecimal becomes other bytes, and those have another hash than any that is looked for. */
function partOf(hex: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(hex.slice(2), 'hex');
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const part = z.string().transform(partOf);
/** Thousands of parts: checked in one go, since a parser for each takes longer than its hash does. */
const readProof = z.object({
  proof: z.custom<string[]>((parts) => Array.isArray(parts) && parts.every((one) => typeof one === 'string')),
});
const changes = z.array(z.object({ changes: z.array(z.tuple([z.string(), part.nullable()])) }));

/**
 * Values of storage keys in the state of a block, with proof, in one request. `undefined` is proven absence.
 * Throws ExternalError `proof-invalid` or `endpoint-unusable`.
 */
export async function readStorage(endpoint: Endpoint, state: StateOf, keys: readonly Uint8Array[]): Promise<Proven[]> {
  const parts = await askProof(endpoint, 'state_getReadProof', [keys.map(hex), state.hash]);
  return prove(endpoint, state, () => {
    const proof = new TrieProof(parts);
    return keys.map((key) => proof.read(state.stateRoot, key));
  });
}

/** The same for keys in a child trie, such as a contract's storage. Without the trie there is none of its keys. */
export async function readChildStorage(
  endpoint: Endpoint,
  state: StateOf,
  trieId: Uint8Array,
  keys: readonly Uint8Array[],
): Promise<Proven[]> {
  const child = childRootKey(trieId);
  const parts = await askProof(endpoint, 'state_getChildReadProof', [hex(child), keys.map(hex), state.hash]);
  return prove(endpoint, state, () => {
    const proof = new TrieProof(parts);
    const root = proof.read(state.stateRoot, child);
    return keys.map((key) => (root === undefined ? undefined : proof.read(root, key)));
  });
}

/** A value whose BLAKE2b-256 is known from elsewhere. */
export interface KnownByDigest {
  readonly key: Uint8Array;
  readonly digest: Uint8Array;
}

/**
 * Values that need no proof, because their digests are known already: less than a tenth of the work.
 * Throws ExternalError `proof-invalid` when one has another digest, or `endpoint-unusable`.
 */
export async function readByDigest(
  endpoint: Endpoint,
  state: StateOf,
  wanted: readonly KnownByDigest[],
): Promise<Uint8Array[]> {
  if (wanted.length === 0) return [];
  const params = [wanted.map(({ key }) => hex(key)), state.hash];
  const [block] = await ask(endpoint, 'state_queryStorageAt', params, changes);
  const found = new Map(block?.changes);
  return prove(endpoint, state, () =>
    wanted.map(({ key, digest }) => {
      const bytes = found.get(hex(key));
      if (bytes && sameBytes(blake256(bytes), digest)) return bytes;
      throw new ProofInvalid('a value has another digest than the one that is proven');
    }),
  );
}

async function askProof(endpoint: Endpoint, method: string, params: readonly unknown[]): Promise<Uint8Array[]> {
  return (await ask(endpoint, method, params, readProof)).proof.map(partOf);
}

function prove<T>(endpoint: Endpoint, { height }: StateOf, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProofInvalid) throw proofInvalid(endpoint.name, height, error);
    throw error;
  }
}

function hex(bytes: Uint8Array): Hash {
  return toHash(bytes);
}
