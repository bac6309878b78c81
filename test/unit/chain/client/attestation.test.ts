import { expect, test } from 'vitest';
import { attestationProof } from '../../../../src/chain/client/attestation.ts';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const OTHER = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const BLOCK = `0x${'11'.repeat(32)}` as const;
const MANIFEST = `0x${'22'.repeat(32)}` as const;

test('a proof is the BLAKE2b-256 digest of block, machine, manifest and verdict', () => {
  // By another implementation: hashlib.blake2b(block + account + manifest + verdict, digest_size=32).
  expect(attestationProof(BLOCK, ALICE, MANIFEST, true)).toBe(
    '0xce93ac3414139603730bfbe7d7d0762d9d0764f72a9f0dbab4b3fd67160bf231',
  );
  expect(attestationProof(BLOCK, ALICE, MANIFEST, false)).toBe(
    '0xdb657429865a86c72630a4d2d6f7f44ff00ee7cee090fe3d0eaca3f7e758de23',
  );
});

test('a proof of one thing is none of another', () => {
  const proofs = [
    attestationProof(BLOCK, ALICE, MANIFEST, true),
    attestationProof(MANIFEST, ALICE, MANIFEST, true),
    attestationProof(BLOCK, OTHER, MANIFEST, true),
    attestationProof(BLOCK, ALICE, BLOCK, true),
    attestationProof(BLOCK, ALICE, MANIFEST, false),
  ];
  expect(new Set(proofs).size).toBe(proofs.length);
});
