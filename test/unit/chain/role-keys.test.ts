import { encodeAddress } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  openRole,
  openValue,
  type RoleState,
  rotationOf,
  sealShare,
  sealValue,
} from '../../../src/chain/client/role-keys.ts';
import { developmentKey, type HostKey } from '../../../src/chain/keys.ts';
import { generateSealKeyPair } from '../../../src/chain/seal.ts';
import { sealingKey } from '../../../src/chain/seal-keys.ts';
import { roleId, valueId } from '../../../src/chain/seal-values.ts';

const CONTRACT = encodeAddress(new Uint8Array(32).fill(7), 42);
const NAME = 'operators';
const ID = roleId('local', NAME);

let people: HostKey[];

beforeAll(async () => {
  people = await Promise.all((['//Alice', '//Bob', '//Charlie', '//Dave'] as const).map(developmentKey));
});

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
const keyOf = (signer: HostKey) => ({ account: signer.address, publicKey: sealingKey(signer).publicKey });

/** A role as the contract has it: these members, and values by name. */
function roleOf(members: readonly HostKey[], values: Readonly<Record<string, Uint8Array>>): RoleState {
  const pair = generateSealKeyPair();
  const record = { epoch: 1, publicKey: pair.publicKey, version: 1 };
  const base = { contract: CONTRACT, name: NAME, id: ID, record };
  return {
    ...base,
    members: members.map((signer) => ({
      account: signer.address,
      access: 'keeper',
      share: fromHex(sealShare(keyOf(signer), pair, { contract: CONTRACT, id: ID, epoch: 1 })),
    })),
    values: Object.entries(values).map(([name, bytes]) => {
      const id = valueId('local', NAME, name);
      return { id, sealed: fromHex(sealValue(base, id, name, bytes)), epoch: 1, version: 1, by: CONTRACT, since: 0 };
    }),
  };
}

/** What the contract makes of a rotation. */
function rotated(state: RoleState, by: HostKey, members: readonly HostKey[]): RoleState {
  const rotation = rotationOf(state, openRole(state, by), members.map(keyOf));
  const epoch = state.record.epoch + 1;
  return {
    ...state,
    record: { ...state.record, epoch, publicKey: fromHex(rotation.public_key) },
    members: rotation.shares.map(([account, share]) => ({ account, access: 'keeper', share: fromHex(share) })),
    values: state.values.map((value) => {
      const [, sealed] = rotation.values.find(([id]) => id === value.id) ?? [value.id, '0x'];
      return { ...value, epoch, sealed: fromHex(sealed) };
    }),
  };
}

function contents(state: RoleState, signer: HostKey): Record<string, Uint8Array> {
  const pair = openRole(state, signer);
  return Object.fromEntries(
    state.values.map((value) => {
      const { name, bytes } = openValue(state, pair, value);
      return [name, bytes];
    }),
  );
}

const secrets = fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.uint8Array({ maxLength: 200 }), { maxKeys: 5 });
const members = fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1 });

describe('a role', () => {
  it('is read by its members only, whoever they are and however often its key changes', () => {
    fc.assert(
      fc.property(secrets, fc.array(members, { minLength: 1, maxLength: 4 }), (values, rounds) => {
        const at = (indexes: readonly number[]) => indexes.flatMap((index) => people[index] ?? []);
        let present = at(rounds[0] ?? []);
        let state = roleOf(present, values);
        for (const round of rounds.slice(1)) {
          const [by] = present;
          if (by === undefined) return;
          present = at(round);
          state = rotated(state, by, present);
        }
        for (const signer of people) {
          if (present.includes(signer)) expect(contents(state, signer)).toEqual({ ...values });
          else expect(() => openRole(state, signer)).toThrow(expect.objectContaining({ code: 'role-closed' }));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('that took access away says nothing to the old key', () => {
    const [alice, bob] = people as [HostKey, HostKey];
    const before = roleOf([alice, bob], { pager: new Uint8Array([1, 2, 3]) });
    const old = openRole(before, bob);
    const after = rotated(before, alice, [alice]);
    for (const value of after.values) {
      expect(() => openValue(after, old, value)).toThrow(expect.objectContaining({ code: 'seal-broken' }));
    }
    // Nor does the share of before open as one of now.
    const forged = { ...after, members: before.members };
    expect(() => openRole(forged, bob)).toThrow(expect.objectContaining({ code: 'seal-broken' }));
  });

  it('notices a value in the place of another, and a share of another key', () => {
    const [alice] = people as [HostKey];
    const state = roleOf([alice], { a: new Uint8Array([1]), b: new Uint8Array([2]) });
    const pair = openRole(state, alice);
    const [a, b] = state.values;
    if (a === undefined || b === undefined) throw new Error('there are two values');
    expect(() => openValue(state, pair, { ...b, sealed: a.sealed })).toThrow(
      expect.objectContaining({ code: 'seal-broken' }),
    );
    const share = sealShare(keyOf(alice), generateSealKeyPair(), { contract: CONTRACT, id: ID, epoch: 1 });
    const wrong = { ...state, members: state.members.map((member) => ({ ...member, share: fromHex(share) })) };
    expect(() => openRole(wrong, alice)).toThrow(expect.objectContaining({ code: 'chain-answer-invalid' }));
  });
});
