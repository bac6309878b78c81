import { cryptoWaitReady } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { RuntimeStorage } from '../../../../src/chain/dev/executor/storage.ts';
import { set, type TrieRoot } from '../../../../src/chain/dev/trie/node.ts';

beforeAll(() => cryptoWaitReady());

const baseOf = (keys: readonly string[]): TrieRoot => {
  let root: TrieRoot;
  for (const key of keys) root = set(root, key, Uint8Array.of(1));
  return root;
};
const hex = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString('hex');
const CHILD = '5a'.repeat(32);

const key = fc
  .array(fc.constantFrom('00', '01', 'a0', 'ff'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(''));
type Action =
  | { what: 'set'; key: string; byte: number }
  | { what: 'remove' | 'clear'; key: string }
  | { what: 'begin' | 'commit' | 'rollback' };
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ what: fc.constant('set' as const), key, byte: fc.nat(255) }),
  fc.record({ what: fc.constant('remove' as const), key }),
  fc.record({ what: fc.constant('clear' as const), key }),
  fc.record({ what: fc.constantFrom('begin' as const, 'commit' as const, 'rollback' as const) }),
);

/** The storage as a map, with copies of it for the transactions that are open. */
class Model {
  values: Map<string, number>;
  readonly #saved: Map<string, number>[] = [];

  constructor(keys: readonly string[]) {
    this.values = new Map(keys.map((one) => [one, 1]));
  }

  /** Does the same to the storage and to the map. */
  apply(act: Action, storage: RuntimeStorage, child: string | undefined): void {
    if ('key' in act) this.#change(act, storage, child);
    else if (act.what === 'begin') {
      storage.begin();
      this.#saved.push(new Map(this.values));
    } else if (this.#saved.length > 0) {
      storage[act.what]();
      const saved = this.#saved.pop();
      if (act.what === 'rollback' && saved) this.values = saved;
    }
  }

  #change(act: Extract<Action, { key: string }>, storage: RuntimeStorage, child: string | undefined): void {
    if (act.what === 'set') {
      storage.set(act.key, Uint8Array.of(act.byte), child);
      this.values.set(act.key, act.byte);
    } else if (act.what === 'remove') {
      storage.remove(act.key, child);
      this.values.delete(act.key);
    } else {
      storage.clear(act.key, undefined, child);
      for (const one of [...this.values.keys()]) if (one.startsWith(act.key)) this.values.delete(one);
    }
  }
}

function keysOf(storage: RuntimeStorage, child: string | undefined): string[] {
  const keys: string[] = [];
  for (let next = storage.next('', child); next !== undefined; next = storage.next(next, child)) keys.push(next);
  return keys;
}

describe('the storage under a runtime', () => {
  it('agrees with maps that are copied at each transaction, in the main trie and in a child', () => {
    fc.assert(
      fc.property(fc.array(key), fc.array(action, { maxLength: 30 }), fc.boolean(), (before, actions, inChild) => {
        const child = inChild ? CHILD : undefined;
        const held = inChild ? [] : before;
        const [storage, model] = [new RuntimeStorage(baseOf(held)), new Model(held)];
        for (const act of actions) {
          model.apply(act, storage, child);
          expect(keysOf(storage, child)).toEqual([...model.values.keys()].sort());
          for (const [one, byte] of model.values) expect(storage.get(one, child)).toEqual(Uint8Array.of(byte));
        }
      }),
    );
  });

  it('counts a limit against what was there before the block, and removes what the block wrote in any case', () => {
    const storage = new RuntimeStorage(baseOf(['aa01', 'aa02', 'aa03', 'bb01']));
    storage.set('aa04', Uint8Array.of(2));
    storage.set('aa03', Uint8Array.of(1));
    storage.remove('aa01');
    expect(storage.clear('aa', 2)).toEqual({ loops: 2, more: true });
    expect(['aa01', 'aa02', 'aa03', 'aa04', 'bb01'].filter((one) => storage.get(one))).toEqual(['bb01']);
    expect(storage.clear('aa', 3)).toEqual({ loops: 3, more: false });
    expect(storage.clear('aa', undefined)).toEqual({ loops: 3, more: false });
    expect(storage.clear('', undefined)).toEqual({ loops: 0, more: false });
    expect(storage.get('bb01')).toBeDefined();
  });

  it('leaves the places of child tries alone', () => {
    const storage = new RuntimeStorage(undefined);
    const place = Buffer.from(`:child_storage:default:${CHILD}`).toString('hex');
    storage.set(place, Uint8Array.of(1));
    expect(storage.get(place)).toBeUndefined();
    storage.set('01', Uint8Array.of(1), CHILD);
    storage.remove(Buffer.from(':child_storage:default:').toString('hex') + CHILD);
    expect(storage.clear(Buffer.from(':child').toString('hex'), undefined)).toEqual({ loops: 0, more: false });
    expect(storage.get('01', CHILD)).toEqual(Uint8Array.of(1));
    expect(storage.clear('', undefined, CHILD)).toEqual({ loops: 0, more: false });
    expect(storage.root).toBeUndefined();
  });

  it('appends to a list, and makes one of what is none', () => {
    const storage = new RuntimeStorage(undefined);
    for (let count = 1; count <= 70; count += 1) storage.append('aa', Uint8Array.of(count));
    expect(hex(storage.get('aa'))?.slice(0, 8)).toBe('19010102'); // 70 as a compact takes two bytes
    expect(storage.get('aa')).toHaveLength(72);
    storage.set('bb', new Uint8Array());
    storage.append('bb', Uint8Array.of(9));
    expect(hex(storage.get('bb'))).toBe('0409');
    storage.set('cc', Uint8Array.of(0x02));
    storage.append('cc', Uint8Array.of(9));
    expect(hex(storage.get('cc'))).toBe('0409');
  });

  it('refuses to close a transaction that is not open', () => {
    expect(() => new RuntimeStorage(undefined).commit()).toThrow(/not open/);
    expect(() => new RuntimeStorage(undefined).rollback()).toThrow(/not open/);
  });
});
