import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../../../src/chain/dev/hex.ts';
import { Overlay, State, type StorageDiff } from '../../../src/chain/dev/state.ts';

const key = fc
  .array(fc.constantFrom('00', '01', 'a0', 'ff'), { minLength: 1, maxLength: 3 })
  .map((parts) => `0x${parts.join('')}` as Hex);
const diff = fc
  .array(fc.tuple(key, fc.option(fc.constantFrom<Hex>('0x', '0x01', '0x02'))))
  .map((pairs) => new Map(pairs));

function keysOf(model: ReadonlyMap<Hex, Hex>, prefix: Hex, after: Hex | undefined, limit: number): Hex[] {
  return [...model.keys()]
    .sort()
    .filter((one) => one.startsWith(prefix) && (after === undefined || one > after))
    .slice(0, limit);
}

function applied(model: ReadonlyMap<Hex, Hex>, change: StorageDiff): Map<Hex, Hex> {
  const next = new Map(model);
  for (const [one, value] of change) {
    if (value === null) next.delete(one);
    else next.set(one, value);
  }
  return next;
}

describe('the state', () => {
  it('agrees with a plain map, before, under and after any changes', () => {
    fc.assert(
      fc.property(fc.array(diff, { maxLength: 5 }), key, fc.option(key, { nil: undefined }), (diffs, prefix, after) => {
        const state = new State(new Map());
        const models: Map<Hex, Hex>[] = [new Map()];
        const undos: StorageDiff[] = [];
        for (const change of diffs) {
          state.keys('0x', undefined, 1); // the order that is remembered must not outlive a change
          const { changes, undo } = state.compare(change);
          state.apply(changes);
          undos.push(undo);
          models.push(applied(models.at(-1) ?? new Map(), change));
        }
        for (const [height, model] of models.entries()) {
          const view = new Overlay(state, () => undos.slice(height));
          expect(view.keys(prefix, after, 3)).toEqual(keysOf(model, prefix, after, 3));
          expect(view.keys('0x', undefined, 1_000)).toEqual([...model.keys()].sort());
          for (const one of [prefix, ...model.keys()]) expect(view.get(one)).toBe(model.get(one));
        }
      }),
    );
  });

  it('lets the newest of several changes on top win', () => {
    const base = new State(new Map<Hex, Hex>([['0x01', '0x01']]));
    const older = new Map<Hex, Hex | null>([['0x01', '0x02']]);
    const newer = new Map<Hex, Hex | null>([['0x01', null]]);
    expect(new Overlay(base, () => [newer, older]).get('0x01')).toBeUndefined();
    expect(new Overlay(base, () => [older]).get('0x01')).toBe('0x02');
  });
});
