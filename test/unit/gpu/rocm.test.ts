import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRocmInfo } from '../../../src/gpu/index.ts';
import { cases } from '../../cases.ts';

/** No machine of ours has such a card: this is how the tool prints them. */
const text = readFileSync(join(import.meta.dirname, 'fixtures/rocminfo-two.txt'), 'utf8');

it('reads the cards that rocminfo lists, and nothing where it says nothing', () => {
  const [vega, small, ...more] = parseRocmInfo(text);
  expect(vega).toEqual({
    name: 'Vega 20',
    platform: 'AMD ROCm',
    api: 'rocm',
    memoryBytes: 33_538_048 * 1024,
    computeUnits: 60,
    vendor: 'AMD',
    kind: 'gpu',
    version: 'HSA 1.1',
    driver: null,
    languageVersion: 'gfx906',
    intermediate: [],
    clockMHz: 1_725,
    limits: {
      allocationBytes: 33_538_048 * 1024,
      localMemoryBytes: 64 * 1024,
      workGroupSize: 1_024,
      workItemSizes: [1_024, 1_024, 1_024],
    },
  });
  expect(small).toMatchObject({ name: 'gfx1030', memoryBytes: null, computeUnits: 20, clockMHz: null });
  expect(more).toEqual([]);
});

it('reads or leaves out whatever it is given', () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...text.split('\n'), '', 'Agent 9', '  Size: (0x) KB')), (lines) => {
      for (const { api, name } of parseRocmInfo(lines.join('\n'))) {
        expect(api).toBe('rocm');
        expect(name).not.toBe('');
      }
    }),
    { numRuns: cases(200) },
  ));
