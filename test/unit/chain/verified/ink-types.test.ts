import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PortableRegistry, TypeRegistry } from '@polkadot/types';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ContractLayout } from '../../../../src/chain/verified/contract-layout.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { InkTypes, portableTypes } from '../../../../src/chain/verified/ink-types.ts';
import { cases } from '../../../cases.ts';

beforeAll(hashesReady);

const CONTRACTS = ['configuration', 'deployment', 'lease', 'operation', 'placement', 'privacy'];

function metadataOf(name: string): { types: unknown[]; storage: { root: { ty: number } } } {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../../contracts/artifacts/${name}.contract`), 'utf8'),
  );
}

/** polkadot.js has its own way with a few types that no contract keeps a value of. */
const OWN_WAY = /^ink::reflect|LangError|MultiAddress|ink_storage|storage::lazy/;

describe.each(CONTRACTS)('the types of the contract %s', (name) => {
  const { types: raw } = metadataOf(name);
  const types = portableTypes.parse(raw);
  const registry = new TypeRegistry();
  registry.setLookup(registry.createTypeUnsafe<PortableRegistry>('PortableRegistry', [{ types: raw }, true]));
  const plain = types.filter(({ type }) => !OWN_WAY.test(type.path.join('::')));

  it('are read as polkadot.js reads them, whatever the bytes', () => {
    const ours = new InkTypes(types);
    expect(plain.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(fc.constantFrom(...plain), fc.uint8Array({ maxLength: 300 }), ({ id }, bytes) => {
        let theirs: { bytes: Uint8Array; json: unknown };
        try {
          const value = registry.createTypeUnsafe(registry.createLookupType(id), [bytes], { isPedantic: false });
          theirs = { bytes: value.toU8a(), json: value.toJSON() };
        } catch {
          return;
        }
        // It invents variants for numbers that have none.
        if (/unused/i.test(JSON.stringify(theirs.json))) return;
        // polkadot.js fills up what is cut short; a value's own bytes are what both must agree about.
        expect(ours.decode(id, theirs.bytes)).toEqual(theirs.json);
      }),
      // One parser reads them all.
      { numRuns: Math.ceil(cases(400 * CONTRACTS.length) / CONTRACTS.length) },
    );
  });

  it('say where the contract keeps its values, and what is not there', () => {
    const layout = ContractLayout.of(metadataOf(name));
    expect(layout.codeHash).toHaveLength(32);
    expect(() => layout.decodeRoot(new Uint8Array())).toThrow();
    expect(() => layout.valueKey('no such mapping', new Uint8Array())).toThrow('no mapping');
  });
});

it('a type that is unknown, or no type at all, is refused', () => {
  expect(() => new InkTypes([]).decode(0, new Uint8Array(4))).toThrow('no type 0');
  expect(portableTypes.safeParse([{ id: 0, type: { def: { other: {} } } }]).success).toBe(false);
});
