import { expect, it } from 'vitest';
import type { ChainHead, MachineRecord } from '../../../src/chain/index.ts';
import { Evacuations } from '../../../src/service/evacuations.ts';

const head = (height: number, finalized: number): ChainHead => ({ height, finalized, hash: '0x00' });

/** A chain on which `lost` was excluded in block 10, or was it. */
function region() {
  const state = { excluded: true, asked: 0, announces: true };
  const record = (): MachineRecord =>
    ({
      machine: { account: 'lost', state: state.excluded ? 'excluded' : 'active' },
      ...(state.excluded ? { ruling: { decision: 'excluded', at: 10 } } : {}),
      reported: [],
    }) as unknown as MachineRecord;
  const connection = {
    excludedIn: async () => (state.announces ? ['lost'] : []),
    machines: { find: async () => record() },
    head: async () => head(20, 15),
    operationsOf: async () => {
      state.asked += 1;
      return [];
    },
  };
  const sizes = async () => ({ capacityOf: () => undefined, needsOf: () => undefined });
  const options = { connection, signer: { address: 'main' }, sizes, log: () => {} };
  return { state, record, evacuations: new Evacuations(options as never) };
}

it('guests are moved once the exclusion is final, and looked after until all are at work elsewhere', async () => {
  const { state, evacuations } = region();
  await evacuations.follow(head(10, 8));
  expect(state.asked).toBe(0);
  state.announces = false;
  await evacuations.follow(head(11, 9));
  expect(state.asked).toBe(0);
  await evacuations.follow(head(12, 10));
  expect(state.asked).toBe(1);
  // None of its guests is left.
  await evacuations.follow(head(13, 11));
  expect(state.asked).toBe(1);
});

it('nobody is moved by a block that is on a fork which lost', async () => {
  const { state, evacuations } = region();
  await evacuations.follow(head(10, 8));
  state.excluded = false;
  state.announces = false;
  await evacuations.follow(head(12, 11));
  state.excluded = true;
  await evacuations.follow(head(13, 11));
  expect(state.asked).toBe(0);
});

it('a regular look finds an exclusion that no block was seen of, and a development chain makes none final', async () => {
  const { state, record, evacuations } = region();
  await evacuations.look([record()]);
  expect(state.asked).toBe(1);
  const other = region();
  await other.evacuations.follow(head(10, 0));
  expect(other.state.asked).toBe(1);
});
