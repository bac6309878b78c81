import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClockSample, checkClock, readClock } from '../../../src/service/node/clock.ts';
import type { AskNode } from '../../../src/service/node/rpc.ts';

const SLOT = 2_000;
const NOW = 1_800_000_000_000;

/** A node that follows the chain: the best block is new, and the last final one two behind it. */
const sample = (change: Partial<ClockSample> = {}): ClockSample => ({
  now: NOW,
  slotMs: SLOT,
  best: { number: 100, time: NOW - 1_000 },
  final: { number: 98, time: NOW - 5_000 },
  highest: 100,
  refusedFuture: false,
  ...change,
});

describe('the clock of a node', () => {
  // As they were on a validator of four whose clock was off.
  test.each([
    ['right', {}],
    ['ahead', { best: { number: 12, time: NOW - 31_237 }, final: { number: 10, time: NOW - 35_236 }, highest: 12 }],
    ['ahead', { best: { number: 13, time: NOW - 1_747 }, final: { number: 10, time: NOW - 37_747 }, highest: 13 }],
    ['behind', { best: { number: 33, time: NOW + 22_875 }, final: { number: 31, time: NOW + 16_872 }, highest: 33 }],
    ['behind', { best: { number: 33, time: NOW - 29_892 }, highest: 57, refusedFuture: true }],
    // Catching up; finality stands still while blocks go on; nothing was ever final.
    ['right', { best: { number: 33, time: NOW - 600_000 }, final: { number: 31, time: NOW - 604_000 }, highest: 500 }],
    ['right', { best: { number: 400, time: NOW - 1_000 }, final: { number: 98, time: NOW - 605_000 }, highest: 400 }],
    ['right', { best: { number: 2, time: NOW - 1_000 }, final: { number: 0, time: 0 }, highest: 2 }],
    // Blocks were refused once, and it follows now.
    ['right', { refusedFuture: true }],
  ] as const)('is %s', (state, change) => {
    expect(readClock(sample(change)).state).toBe(state);
  });

  test('is found to be off by as much as it is, whatever that is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20_000, max: 10_000_000 }), (off) => {
        const ahead = readClock(sample({ now: NOW + off }));
        expect(ahead.state).toBe('ahead');
        expect(Math.abs(ahead.offMs - off)).toBeLessThanOrEqual(2 * SLOT);
        const behind = readClock(sample({ now: NOW - off }));
        expect(behind.state).toBe('behind');
        expect(Math.abs(behind.offMs - off)).toBeLessThanOrEqual(2 * SLOT);
      }),
    );
  });
});

const u64 = (value: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return `0x${bytes.toString('hex')}`;
};

/** A node whose last final block is the one with this number, one slot after the other from `began`. */
function chain(began: number, slotMs: number, final: () => number): AskNode {
  const answers: Record<string, (params: readonly unknown[]) => unknown> = {
    chain_getFinalizedHead: () => `${final()}`,
    chain_getBlockHash: () => `${final() + 2}`,
    chain_getHeader: ([hash]) => ({ number: `0x${Number(hash).toString(16)}` }),
    state_getStorage: ([, hash]) => u64(began + Number(hash) * slotMs),
    system_syncState: () => ({ highestBlock: final() + 2 }),
    state_call: () => `${u64(slotMs)}00`,
  };
  return async (method, params, schema) => schema.parse(answers[method]?.(params));
}

describe('a warning', () => {
  const slotMs = 100;

  test('comes when new blocks are as late as the old ones', async () => {
    const [began, start] = [Date.now() - 10_000, performance.now()];
    const final = () => 70 + Math.floor((performance.now() - start) / slotMs);
    expect(await checkClock(chain(began, slotMs, final), [])).toMatchObject({ code: 'clock-ahead' });
  });

  test('says that the chain stands still when nothing follows', async () => {
    const warning = await checkClock(
      chain(Date.now() - 10_000, slotMs, () => 50),
      [],
    );
    expect(warning).toMatchObject({ code: 'chain-still' });
  });

  test('is not given where the clock is right', async () => {
    const began = Date.now() - 10_000;
    const final = () => Math.floor((Date.now() - began) / slotMs) - 3;
    expect(await checkClock(chain(began, slotMs, final), [])).toBeUndefined();
  });
});
