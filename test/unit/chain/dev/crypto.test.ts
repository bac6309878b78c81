import {
  blake2AsU8a,
  cryptoWaitReady,
  ed25519PairFromSeed,
  ed25519Sign,
  secp256k1PairFromSeed,
  secp256k1Sign,
  sr25519PairFromSeed,
  sr25519Sign,
} from '@polkadot/util-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Guest } from '../../../../src/chain/dev/executor/guest.ts';
import { cryptoFunctions } from '../../../../src/chain/dev/executor/host/crypto.ts';
import type { Host } from '../../../../src/chain/dev/executor/host/functions.ts';
import { hashingFunctions } from '../../../../src/chain/dev/executor/host/hashing.ts';
import { RuntimeStorage } from '../../../../src/chain/dev/executor/storage.ts';

const Memory = WebAssembly.Memory as unknown as new (limits: { initial: number }) => WebAssembly.Memory;
const SEED = new Uint8Array(32).fill(3);
const MESSAGE = Buffer.from('what was signed');
/** Order of the curve, and with it numbers that no signature has. */
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

let guest: Guest;
let call: (name: string, ...args: (number | bigint)[]) => number | bigint | undefined;

beforeAll(async () => {
  await cryptoWaitReady();
  guest = new Guest();
  guest.attach(new Memory({ initial: 2 }), 8);
  const host: Host = { guest, storage: new RuntimeStorage(undefined), log: () => {}, versionOf: () => undefined };
  const all = { ...cryptoFunctions(host), ...hashingFunctions(host) } as Record<string, (...args: unknown[]) => never>;
  call = (name, ...args) => all[name]?.(...args);
});

const flipped = (bytes: Uint8Array, at = 5): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe('a signature', () => {
  it.each([
    ['ext_crypto_sr25519_verify_version_2', () => sr25519PairFromSeed(SEED), sr25519Sign],
    ['ext_crypto_ed25519_verify_version_1', () => ed25519PairFromSeed(SEED), ed25519Sign],
  ] as const)('for %s holds for its key and message only', (name, pairOf, sign) => {
    const pair = pairOf();
    const signature = sign(MESSAGE, pair);
    const verify = (sig: Uint8Array, message: Uint8Array, key: Uint8Array) =>
      call(name, guest.place(sig), guest.give(message), guest.place(key));
    expect(verify(signature, MESSAGE, pair.publicKey)).toBe(1);
    expect(verify(flipped(signature), MESSAGE, pair.publicKey)).toBe(0);
    expect(verify(signature, flipped(MESSAGE), pair.publicKey)).toBe(0);
    expect(verify(signature, MESSAGE, flipped(pair.publicKey))).toBe(0);
    expect(verify(new Uint8Array(64).fill(255), MESSAGE, new Uint8Array(32).fill(255))).toBe(0);
  });

  it('by ed25519 with a key of small order is judged as nodes do (ZIP 215)', () => {
    // sp-io's own test: all zeros verify without ed25519-dalek's stricter rule.
    const zeros = guest.place(new Uint8Array(64));
    const key = guest.place(new Uint8Array(32));
    expect(call('ext_crypto_ed25519_verify_version_1', zeros, guest.give(new Uint8Array()), key)).toBe(1);
  });

  it('by secp256k1 gives the key back, or says what is wrong with it', () => {
    const pair = secp256k1PairFromSeed(SEED);
    const hash = blake2AsU8a(MESSAGE, 256);
    const signature = secp256k1Sign(MESSAGE, pair);
    const recover = (sig: Uint8Array): Buffer => {
      const name = 'ext_crypto_secp256k1_ecdsa_recover_compressed_version_2';
      return Buffer.from(guest.take(call(name, guest.place(sig), guest.place(hash)) as bigint));
    };
    expect(recover(signature)).toEqual(Buffer.concat([Uint8Array.of(0), pair.publicKey]));
    const ethereum = Uint8Array.from(signature);
    ethereum[64] = (ethereum[64] ?? 0) + 27;
    expect(recover(ethereum)[0]).toBe(0);
    const full = call('ext_crypto_secp256k1_ecdsa_recover_version_2', guest.place(signature), guest.place(hash));
    expect(guest.take(full as bigint)).toHaveLength(65);
    const bad = (r: string, s: string, v: number) => Buffer.from(`${r}${s}${v.toString(16).padStart(2, '0')}`, 'hex');
    const [one, zero] = ['01'.padStart(64, '0'), '0'.repeat(64)];
    expect([...recover(bad(one, one, 4))]).toEqual([1, 1]);
    expect([...recover(bad(ORDER, one, 0))]).toEqual([1, 0]);
    expect([...recover(bad(one, ORDER, 0))]).toEqual([1, 0]);
    expect([...recover(bad(zero, one, 0))]).toEqual([1, 2]);
    const verify = (message: Uint8Array) =>
      call(
        'ext_crypto_ecdsa_verify_version_2',
        guest.place(signature),
        guest.give(message),
        guest.place(pair.publicKey),
      );
    expect([verify(MESSAGE), verify(flipped(MESSAGE))]).toEqual([1, 0]);
  });
});

/** Of the three letters abc. */
it.each([
  ['blake2_128', 'cf4ab791c62b8d2b2109c90275287816'],
  ['blake2_256', 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319'],
  ['twox_64', '990977adf52cbc44'],
  ['twox_128', '990977adf52cbc440889329981caa9be'],
  ['keccak_256', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ['sha2_256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
])('the hash %s is that of its definition', (name, wanted) => {
  const address = call(`ext_hashing_${name}_version_1`, guest.give(Buffer.from('abc'))) as number;
  expect(Buffer.from(guest.copy(address, wanted.length / 2)).toString('hex')).toBe(wanted);
});
