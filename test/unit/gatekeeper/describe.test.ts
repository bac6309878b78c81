import { expect, it } from 'vitest';
import { describeRequests } from '../../../src/gatekeeper/describe.ts';
import { describeKnowledge } from '../../../src/gatekeeper/knowledge/describe.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

it('shows requests in 80 columns, and why one was refused', () => {
  const text = describeRequests([
    {
      at: '2026-11-23T11:02:03.456Z',
      id: 'ab'.repeat(32),
      kind: 'propose-deployment',
      source: 'command',
      outcome: 'accepted',
      stage: 'translate',
      ms: 12_345,
      timings: {},
    },
    {
      at: '2026-11-23T11:02:04.456Z',
      id: 'cd'.repeat(32),
      kind: 'native-command',
      source: 'command',
      outcome: 'refused',
      stage: 'access',
      ms: 0.4,
      timings: {},
      code: 'command-not-own',
    },
  ]);
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(text.split('\n')).toEqual([
    '2026-11-23 11:02:03  abababab  propose-deployment  12345 ms  accepted  translate',
    '2026-11-23 11:02:04  cdcdcdcd  native-command          0 ms  refused   access',
    '  command-not-own',
  ]);
});

it('shows contracts in 80 columns', () => {
  const text = describeKnowledge({
    genesis: `0x${'00'.repeat(32)}`,
    region: 'eu-central',
    knownAt: { height: 1_234_567, hash: `0x${'11'.repeat(32)}`, time: 0 },
    finalized: 1_234_560,
    ageMs: 5_000,
    specVersion: 4,
    contracts: [
      {
        kind: 'Configuration',
        section: 'orchestration-section-12',
        layer: 3,
        revision: 1_000,
        address: `5${'C'.repeat(47)}`,
        runs: `0x${'22'.repeat(32)}`,
        code: { contract: 'configuration', version: '10.20.30' },
        configuration: { version: 12 },
      } as never,
    ],
  });
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(text).toContain('configuration 10.20.30');
});
