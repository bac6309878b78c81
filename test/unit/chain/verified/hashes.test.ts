import { blake2AsU8a, xxhashAsU8a } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { blake128, blake256, hashesReady, twox64, twox128 } from '../../../../src/chain/verified/hashes.ts';
import { GRANDPA_AUTHORITIES_KEY, itemKey, TIMESTAMP_KEY } from '../../../../src/chain/verified/storage-keys.ts';

beforeAll(hashesReady);

describe('the hashes of storage keys and tries', () => {
  it('are those that polkadot.js gives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(blake256(bytes)).toEqual(blake2AsU8a(bytes, 256));
        expect(blake128(bytes)).toEqual(blake2AsU8a(bytes, 128));
        expect(twox64(bytes)).toEqual(xxhashAsU8a(bytes, 64));
        expect(twox128(bytes)).toEqual(xxhashAsU8a(bytes, 128));
      }),
    );
  });

  it('are of the bytes of a view alone', () => {
    const whole = new Uint8Array(100).map((_, at) => at);
    expect(blake256(whole.subarray(10, 60))).toEqual(blake256(whole.slice(10, 60)));
    expect(blake256(Buffer.from(whole).subarray(10, 60))).toEqual(blake256(whole.slice(10, 60)));
  });

  it('make the keys that are written down', () => {
    expect(TIMESTAMP_KEY).toEqual(itemKey('Timestamp', 'Now'));
    expect(GRANDPA_AUTHORITIES_KEY).toEqual(itemKey('Grandpa', 'Authorities'));
  });
});
