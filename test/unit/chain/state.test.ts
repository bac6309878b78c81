import { cryptoWaitReady } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Hex } from '../../../src/chain/dev/hex.ts';
import { State, type StorageDiff } from '../../../src/chain/dev/state.ts';

beforeAll(() => cryptoWaitReady());

const CHILD: Hex = `0x3a6368696c645f73746f726167653a64656661756c743a${'5a'.repeat(32)}`;
const part = fc.array(fc.constantFrom('00', '01', 'a0', 'ff'), { minLength: 1, maxLength: 3 });
const mainKey = part.map((parts) => `0x${parts.join('')}` as Hex);
const childKey = part.map((parts) => `${CHILD}${parts.join('')}` as Hex);
const bytes = fc.constantFrom('', '01', '02', 'ab'.repeat(40)).map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
const diff = fc.array(fc.tuple(fc.oneof(mainKey, childKey), fc.option(bytes))).map((pairs) => new Map(pairs));

function applied(model: ReadonlyMap<Hex, Uint8Array>, change: StorageDiff): Map<Hex, Uint8Array> {
  const next = new Map(model);
  for (const [one, value] of change) {
    if (value === null) next.delete(one);
    else next.set(one, value);
  }
  return next;
}

/** All that a state holds, as one flat map. */
function contents(state: State): Map<Hex, Uint8Array | null> {
  return new Map(new State(undefined).changesTo(state).changes);
}

const sorted = (map: ReadonlyMap<Hex, Uint8Array | null>) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));

describe('the state', () => {
  it('agrees with a plain map, after and before any changes, and depends on what it holds alone', () => {
    fc.assert(
      fc.property(fc.array(diff, { maxLength: 5 }), (diffs) => {
        let [state, model] = [new State(undefined), new Map<Hex, Uint8Array>()];
        for (const change of diffs) {
          const [before, held] = [state, model];
          state = state.with(change);
          model = applied(model, change);
          expect(sorted(contents(state))).toEqual(sorted(model));
          expect(state.hash).toBe(State.of(model).hash);
          const { changes, undo } = before.changesTo(state);
          expect(before.with(changes).hash).toBe(state.hash);
          expect(sorted(contents(state.with(undo)))).toEqual(sorted(held));
          expect(state.with(undo).hash).toBe(before.hash);
        }
      }),
    );
  });

  it('lists keys in order, by prefix and page', () => {
    fc.assert(
      fc.property(diff, mainKey, fc.option(mainKey, { nil: undefined }), (change, prefix, after) => {
        const state = State.of([...change].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
        const all = [...contents(state).keys()].filter((key) => !key.startsWith(CHILD)).sort();
        const wanted = all.filter((key) => key.startsWith(prefix) && (after === undefined || key > after)).slice(0, 3);
        expect(state.keys(prefix, after, 3)).toEqual(wanted);
        const inChild = [...contents(state).keys()].filter((key) => key.startsWith(CHILD)).sort();
        expect(state.child(CHILD).keys('0x', undefined, 1_000)).toEqual(
          inChild.map((key) => `0x${key.slice(CHILD.length)}`),
        );
      }),
    );
  });

  it("has a child trie's root at its key, and nothing there when it is empty", () => {
    const key: Hex = `${CHILD}01`;
    const one = State.of([[key, Uint8Array.of(1)]]);
    expect(one.get(CHILD)).toHaveLength(32);
    expect(one.keys('0x', undefined, 10)).toEqual([CHILD]);
    expect(one.with(new Map([[key, null]])).hash).toBe(new State(undefined).hash);
  });

  it('takes no root of a child trie for a value, as earlier versions stored it', () => {
    const key: Hex = `${CHILD}01`;
    const contents = [[key, Uint8Array.of(1)]] as const;
    const stale = [CHILD, new Uint8Array(32)] as const;
    expect(State.of([stale, ...contents]).hash).toBe(State.of(contents).hash);
    expect(State.of([...contents, stale]).hash).toBe(State.of(contents).hash);
  });
});
