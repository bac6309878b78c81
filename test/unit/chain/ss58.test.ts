import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAccount, encodeAccount } from '../../../src/chain/ss58.ts';

/** What was decoded, or that nothing was. */
function outcome(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

const account = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('an address', () => {
  it('is the one that polkadot.js gives, there and back', () => {
    fc.assert(
      fc.property(account, (bytes) => {
        const address = encodeAccount(bytes);
        expect(address).toBe(encodeAddress(bytes, 42));
        expect(decodeAccount(address)).toEqual(bytes);
        expect(decodeAccount(address)).toEqual(decodeAddress(address));
      }),
    );
  });

  it('is refused with any letter changed, cut short, or of another network', () => {
    const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
    fc.assert(
      fc.property(account, fc.nat(46), fc.constantFrom(...letters), (bytes, at, letter) => {
        const address = encodeAccount(bytes);
        const other = address.slice(0, at) + letter + address.slice(at + 1);
        fc.pre(other !== address);
        // Its check sum has two bytes: one changed letter in 65,536 makes another address, and polkadot.js takes that too.
        expect(outcome(() => decodeAccount(other))).toEqual(outcome(() => decodeAddress(other, false, 42)));
      }),
    );
    expect(() => decodeAccount(encodeAddress(new Uint8Array(32), 0))).toThrow('no address');
    expect(() => decodeAccount('5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnh')).toThrow();
    expect(() => decodeAccount('')).toThrow();
  });
});
