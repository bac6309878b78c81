import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PortableRegistry, TypeRegistry } from '@polkadot/types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entries,
  keyPage,
  member,
  operation,
  operations,
  sclRecord,
  sectionHead,
} from '../../../src/chain/client/schemas.ts';
import { hashesReady } from '../../../src/chain/verified/hashes.ts';
import { InkTypes, portableTypes } from '../../../src/chain/verified/ink-types.ts';

const HASH = `0x${'ab'.repeat(32)}`;
const HOST = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const OPERATOR = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const good = {
  id: '0x20000000000001',
  requestId: HASH,
  host: HOST,
  requestedBy: OPERATOR,
  kind: { startDvm: { name: 'admission-1', template: 'admission' } },
  state: 'Approved',
  requestedAt: 3,
  deadline: 9,
};

describe('what the chain says', () => {
  it('is put into our types', () => {
    expect(operation.parse(good)).toEqual({
      id: 2n ** 53n + 1n,
      requestId: HASH.slice(2),
      host: HOST,
      requestedBy: OPERATOR,
      kind: { kind: 'start-dvm', name: 'admission-1', template: 'admission' },
      state: 'approved',
      requestedAt: 3,
      deadline: 9,
    });
    expect(operation.parse(null)).toBeNull();
    expect(
      member.parse({
        standing: 'Left',
        admission: { class: 'c', path: 'Qemu', inventory: HASH, gatekeeper: '1' },
        since: 1,
        changed: 2,
      }),
    ).toEqual({
      standing: 'left',
      admission: { class: 'c', path: 'qemu', inventory: HASH.slice(2), gatekeeper: '1' },
      since: 1,
    });
    const [inline, artifact] = entries.parse([
      { value: { inline: '0x6869' }, mediaType: 't', version: 1, previous: null },
      { value: { artifact: { digest: HASH, size: 7 } }, mediaType: 't', version: 2, previous: HASH },
    ]);
    expect(inline?.value).toEqual({ kind: 'inline', bytes: new Uint8Array([0x68, 0x69]) });
    expect(artifact?.value).toEqual({ kind: 'artifact', digest: HASH.slice(2), size: 7 });
  });

  it("has an operation's request and requester, read by polkadot.js and from the contract's own storage", async () => {
    await hashesReady();
    const file = join(import.meta.dirname, '../../../contracts/artifacts/operation.contract');
    const { types: raw } = JSON.parse(readFileSync(file, 'utf8'));
    const types = portableTypes.parse(raw);
    const id = types.find(({ type }) => type.path.at(-1) === 'Operation')?.id ?? -1;
    const registry = new TypeRegistry();
    registry.setLookup(registry.createTypeUnsafe<PortableRegistry>('PortableRegistry', [{ types: raw }, true]));
    const value = registry.createTypeUnsafe(registry.createLookupType(id), [{ ...good, outcome: null }]);
    const said = { id: 2n ** 53n + 1n, requestId: HASH.slice(2), host: HOST, requestedBy: OPERATOR };
    expect(operation.parse(value.toJSON())).toMatchObject(said);
    expect(operation.parse(new InkTypes(types).decode(id, value.toU8a()))).toMatchObject(said);
  });

  it.each([
    { ...good, kind: { startDvm: { name: '../../etc', template: 'a' } } },
    { ...good, kind: { startDvm: { name: 'x'.repeat(64), template: 'a' } } },
    { ...good, kind: { startDvm: { name: 'a', template: 'b' }, stopDvm: { name: 'a' } } },
    { ...good, kind: { wipeHost: { name: 'a' } } },
    { ...good, state: 'approved' },
    { ...good, deadline: -1 },
    { ...good, deadline: 2 ** 40 },
    { ...good, host: 'not an account' },
    { ...good, id: -1 },
    { ...good, requestId: '0xab' },
    { ...good, requestId: undefined },
    { ...good, requestedBy: 'root' },
    { ...good, requestedBy: undefined },
  ])('is refused where it makes no sense (%#)', (bad) => {
    expect(operation.safeParse(bad).success).toBe(false);
  });

  it('is bounded', () => {
    expect(operations.safeParse(Array.from({ length: 65 }, () => good)).success).toBe(false);
    expect(keyPage.safeParse(Array.from({ length: 257 }, () => 'k')).success).toBe(false);
    expect(keyPage.safeParse(['a b']).success).toBe(false);
    const huge = { value: { inline: `0x${'00'.repeat(15 * 1024 + 1)}` }, mediaType: 't', version: 1 };
    expect(entries.safeParse([huge]).success).toBe(false);
  });

  it('never throws anything but a parse error, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        for (const schema of [operation, operations, member, entries, keyPage, sclRecord, sectionHead]) {
          expect(() => schema.safeParse(data)).not.toThrow();
        }
      }),
    );
  });
});
