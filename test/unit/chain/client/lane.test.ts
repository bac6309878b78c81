import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Lane, type Load } from '../../../../src/chain/client/lane.ts';

/** A lane whose loads are kept until the test says that they arrived. */
function open(limit: number, most: number) {
  const loads: { items: number[]; load: Load<number>; end(): void }[] = [];
  const lane = new Lane<number>(limit, (load) => {
    return new Promise((end) => {
      loads.push({ items: load.take(most), load, end });
    });
  });
  return { lane, loads, items: () => loads.map((one) => one.items) };
}

describe('a lane', () => {
  it('sends one that comes alone at once, and what comes together together', async () => {
    const { lane, items } = open(2, 3);
    lane.add(1);
    await turn();
    for (const item of [2, 3]) lane.add(item);
    await turn();
    expect(items()).toEqual([[1], [2, 3]]);
  });

  it('lets what comes wait while it is full, in its order, until one has arrived', async () => {
    const { lane, loads, items } = open(2, 2);
    for (let item = 1; item <= 9; item += 1) lane.add(item);
    await turn();
    expect(items()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    loads[0]?.load.included();
    loads[0]?.load.included();
    loads[0]?.end();
    await pause(5);
    expect(items().slice(2)).toEqual([[5, 6]]);
    loads[1]?.end();
    await pause(5);
    expect(items().slice(3)).toEqual([[7, 8]]);
  });

  it('sends what was given back before what came later', async () => {
    const { lane, loads, items } = open(1, 4);
    for (const item of [1, 2, 3, 4, 5]) lane.add(item);
    await turn();
    loads[0]?.load.giveBack([3, 4]);
    loads[0]?.end();
    await pause(5);
    expect(items()).toEqual([
      [1, 2, 3, 4],
      [3, 4, 5],
    ]);
  });
});
