import { expect, it } from 'vitest';
import { hardenAnew } from '../../../src/service/harden-anew.ts';

/** Attempts of which the first ones fail with these messages, and what was told meanwhile. */
async function attempts(failures: string[], signal = new AbortController().signal) {
  const [waits, told, troubles]: [number[], string[], string[]] = [[], [], []];
  const left = [...failures];
  const held = await hardenAnew(
    {
      clock: { now: () => 0, sleep: async (ms) => void waits.push(ms) },
      reapply: async () => {
        const message = left.shift();
        if (message !== undefined) throw new Error(message);
        return { applied: true };
      },
      tell: async (severity, text) => void told.push(`${severity}: ${text}`),
      onTrouble: (why) => void troubles.push(why),
    },
    signal,
  );
  return { held, waits, told, troubles };
}

it('goes on only when the policy holds, trying ever more seldom', async () => {
  const { held, waits, troubles } = await attempts(Array.from({ length: 9 }, () => 'disk full'));
  expect(held).toBe(true);
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  expect(troubles).toHaveLength(9);
  expect(troubles[0]).toContain('disk full');
});

it('tells of each trouble once, and of its end', async () => {
  const { told } = await attempts(['disk full', 'disk full', 'no nft']);
  expect(told.map((line) => line.replace(/:.*: /, ': '))).toEqual([
    'error: disk full',
    'error: no nft',
    'info: The host policy was applied again after a restart of the machine.',
  ]);
});

it('does not say that it holds when it was ended before', async () => {
  expect(await attempts(['disk full'], AbortSignal.abort())).toEqual({
    held: false,
    waits: [],
    told: [],
    troubles: [],
  });
});
