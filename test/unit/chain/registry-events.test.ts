import { encodeAddress } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { registryEvents } from '../../../src/chain/client/registry-events.ts';

const ADDRESS = encodeAddress(new Uint8Array(32).fill(7), 42);
const OTHER = encodeAddress(new Uint8Array(32).fill(8), 42);
const HASH = `0x${'ab'.repeat(32)}`;
const bytes = (text: string): string => `0x${Buffer.from(text, 'latin1').toString('hex')}`;
const CONTRACT = {
  region: bytes('local'),
  kind: 'Operation',
  section: bytes('lease-section-1'),
  layer: 3,
  address: ADDRESS,
  codeHash: HASH,
  revision: 2,
};

type Fields = Record<string, unknown>;

/** Events as polkadot.js gives them: fields in their order, and their names. */
function records(...events: [string, Fields][]): Parameters<typeof registryEvents>[0] {
  return events.map(([name, fields]) => {
    const [section, method] = name.split('.');
    const data = Object.assign(
      Object.values(fields).map((value) => ({ toJSON: () => value })),
      { names: Object.keys(fields) },
    );
    return { event: { section, method, data } };
  }) as unknown as Parameters<typeof registryEvents>[0];
}

const read = (...events: [string, Fields][]) => registryEvents(records(...events), 'local', 9);
const INVALID = expect.objectContaining({ code: 'chain-answer-invalid' });

it('tells what a block changed, in order, and of this region alone', () => {
  const { address: _, ...place } = {
    region: CONTRACT.region,
    kind: 'Operation',
    section: CONTRACT.section,
    address: 0,
  };
  const { region: __, ...contract } = CONTRACT;
  expect(
    read(
      ['system.ExtrinsicSuccess', {}],
      ['scl.ContractRegistered', CONTRACT],
      ['scl.ContractRegistered', { ...CONTRACT, region: bytes('eu-1') }],
      ['contracts.ContractEmitted', { contract: ADDRESS, data: '0x00' }],
      ['contracts.ContractEmitted', { contract: ADDRESS, data: '0x01' }],
      ['csc.SectionChanged', { owner: OTHER, head: {} }],
      ['contracts.ContractCodeUpdated', { contract: ADDRESS, newCodeHash: HASH, oldCodeHash: HASH }],
      ['scl.ContractUnregistered', { ...place, address: ADDRESS }],
      ['contracts.Terminated', { contract: OTHER, beneficiary: ADDRESS }],
    ),
  ).toEqual({
    facts: [
      { fact: 'registered', ...contract, section: 'lease-section-1', since: 9 },
      { fact: 'code', address: ADDRESS, runs: HASH },
      { fact: 'unregistered', kind: 'Operation', section: 'lease-section-1' },
      { fact: 'ended', address: OTHER },
    ],
    touched: [ADDRESS, OTHER],
  });
});

it.each<[string, Fields]>([
  ['a section of 65 bytes', { section: bytes(`${'a'.repeat(55)}-section-1`) }],
  ['a megabyte of a name', { section: `0x${'61'.repeat(1 << 20)}` }],
  ['a section that is no name', { section: bytes('../../etc/passwd') }],
  ['a section with a NUL', { section: bytes('lease\0-section-1') }],
  ['a section with a line break', { section: bytes('lease-section-1\n') }],
  ['a section that is an object', { section: { __proto__: 1 } }],
  ['a region that is a number', { region: 1 }],
  ['a kind that there is not', { kind: 'Other' }],
  ['a layer that there is not', { layer: 4 }],
  ['a revision of 0', { revision: 0 }],
  ['a revision that is no integer', { revision: 1.5 }],
  ['an address of another alphabet', { address: '0OIl' }],
  ['a long address', { address: '5'.repeat(4_096) }],
  ['half a hash', { codeHash: HASH.slice(0, 34) }],
  ['no code hash', { codeHash: undefined }],
])('refuses %s', (_, wrong) => {
  expect(() => read(['scl.ContractRegistered', { ...CONTRACT, ...wrong }])).toThrow(INVALID);
});

it('refuses more events, and more changes, than a block has room for', () => {
  const many = { length: 100_001, [Symbol.iterator]: () => [][Symbol.iterator]() };
  expect(() => registryEvents(many, 'local', 1)).toThrow(INVALID);
  const changes = Array.from({ length: 10_001 }, (): [string, Fields] => ['scl.ContractRegistered', CONTRACT]);
  expect(() => read(...changes)).toThrow(INVALID);
});

it('whatever the fields are, what comes out has the form that is promised, or it is refused', () => {
  const field = fc.oneof(fc.anything(), fc.string(), fc.constantFrom(...Object.values(CONTRACT)));
  const names = [
    'scl.ContractRegistered',
    'scl.ContractUnregistered',
    'contracts.ContractCodeUpdated',
    'csc.SectionOpened',
  ];
  const wild = fc.record(Object.fromEntries(Object.keys(CONTRACT).map((name) => [name, field])));
  fc.assert(
    fc.property(fc.constantFrom(...names), wild, (name, fields) => {
      try {
        for (const one of read([name, { ...fields, newCodeHash: fields.codeHash, contract: fields.address }]).facts) {
          if ('section' in one) expect(one.section).toMatch(/^[a-z0-9-]{1,64}$/);
          if ('address' in one) expect(one.address.length).toBeLessThanOrEqual(50);
        }
      } catch (error) {
        expect(error).toEqual(INVALID);
      }
    }),
  );
});
