import { TypeRegistry } from '@polkadot/types';
import type { Header, RawBabePreDigest } from '@polkadot/types/interfaces';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signerOf, timestampInherent, verdictOf } from '../../../src/chain/dev/extrinsics.ts';
import { decodeHeader, draftHeader, genesisHeader, headerHash } from '../../../src/chain/dev/header.ts';
import { type Hex, toHex } from '../../../src/chain/dev/hex.ts';
import { decodeVersion } from '../../../src/chain/dev/version.ts';

/** What these modules write and read by hand is compared with polkadot.js. */
const registry = new TypeRegistry();
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const log = fc.oneof(
  fc.uint8Array({ maxLength: 80 }).map((data) => ({ PreRuntime: ['BABE', toHex(data)] })),
  fc.uint8Array({ maxLength: 80 }).map((data) => ({ Consensus: ['FRNK', toHex(data)] })),
  fc.uint8Array({ maxLength: 80 }).map((data) => ({ Seal: ['BABE', toHex(data)] })),
  fc.uint8Array({ maxLength: 80 }).map((data) => ({ Other: toHex(data) })),
);

describe('headers', () => {
  it('are read as polkadot.js writes them', () => {
    fc.assert(
      fc.property(
        fc.record({
          parentHash: bytes32,
          number: fc.nat(0xffffffff),
          stateRoot: bytes32,
          extrinsicsRoot: bytes32,
          logs: fc.array(log, { maxLength: 5 }),
        }),
        ({ logs, ...fields }) => {
          const header = registry.createType<Header>('Header', { ...fields, digest: { logs } });
          const decoded = decodeHeader(header.toHex());
          expect({ ...decoded, number: Number(decoded.number), digest: decoded.digest.logs }).toEqual({
            ...fields,
            digest: header.digest.logs.map((item) => item.toHex()),
          });
          expect(headerHash(header.toHex())).toBe(header.hash.toHex());
        },
      ),
    );
  });

  it('are written so that polkadot.js reads them', () => {
    fc.assert(
      fc.property(bytes32, fc.nat(0xffffffff), fc.bigInt({ min: 0n, max: 2n ** 63n }), (parent, number, slot) => {
        const header = registry.createType<Header>('Header', draftHeader(parent, number, slot));
        expect(header.parentHash.toHex()).toBe(parent);
        expect(header.number.toNumber()).toBe(number);
        const [engine, claim] = header.digest.logs[0]?.asPreRuntime ?? [];
        expect(engine?.isBabe).toBe(true);
        const digest = registry.createType<RawBabePreDigest>('RawBabePreDigest', claim?.toU8a(true));
        expect(digest.asSecondaryPlain.slotNumber.toBigInt()).toBe(slot);
      }),
    );
    expect(registry.createType<Header>('Header', genesisHeader(`0x${'07'.repeat(32)}`)).number.toNumber()).toBe(0);
  });
});

describe('extrinsics', () => {
  it('tell the time as timestamp.set', () => {
    expect(timestampInherent(1_700_000_000_000n)).toBe('0x280401000b0068e5cf8b01');
  });

  it('have a signer only when they are signed by a plain account', () => {
    expect(signerOf('0x280401000b0068e5cf8b01')).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(() => signerOf(toHex(data))).not.toThrow();
      }),
    );
  });

  it.each<[Hex, string]>([
    ['0x0000', 'included'],
    ['0x0001030a00000000', 'included'],
    ['0x010002', 'future'],
    ['0x010006', 'full'],
    ['0x010003', 'invalid'],
    ['0x0100ff', 'invalid'],
    ['0x0101', 'invalid'],
  ])('were answered with %s: %s', (result, kind) => {
    expect(verdictOf(result).kind).toBe(kind);
  });
});

it('the runtime version is read as polkadot.js writes it', () => {
  const version = registry.createType('RuntimeVersion', {
    specName: 'logos',
    implName: 'logos',
    authoringVersion: 1,
    specVersion: 7,
    implVersion: 2,
    apis: [['0xdf6acb689907609b', 5]],
    transactionVersion: 3,
    stateVersion: 1,
  });
  expect(decodeVersion(version.toHex() as Hex)).toEqual(version.toJSON());
});
