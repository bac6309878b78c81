import { expect, it } from 'vitest';
import type { ConfigurationEntry } from '../../../../src/chain/index.ts';
import { keepManifests } from '../../../../src/service/ngd/keep-manifests.ts';
import { digestOf, rulesDigest } from '../../../../src/service/rules.ts';
import { ChainError } from '../../../../src/system/errors.ts';

const entry = (text: string): ConfigurationEntry =>
  ({ value: { kind: 'inline', bytes: new TextEncoder().encode(text) } }) as unknown as ConfigurationEntry;
const PROVEN: Record<string, Record<string, ConfigurationEntry>> = {
  'security-section-1': { 'host-policy': entry('policy'), 'host-firewall': entry('firewall') },
  'network-section-1': { 'client-gatekeeper': entry('gatekeeper') },
};
const WANTED = rulesDigest({
  policy: digestOf(entry('policy')),
  firewall: digestOf(entry('firewall')),
  gatekeeper: digestOf(entry('gatekeeper')),
});

it('puts on record what was read with proof, of machines with a guard that has another', async () => {
  const told: string[] = [];
  const guards: Record<string, unknown> = { right: { manifest: `0x${WANTED}` }, wrong: { manifest: '0xaa' }, busy: {} };
  const machines = {
    find: async (account: string) => ({ guard: guards[account] }),
    setManifest: async (_: unknown, account: string, manifest: string) => {
      if (account === 'busy') throw new ChainError('chain-refused', 'TooEarly', { module: 'drn', variant: 'TooEarly' });
      told.push(`${account} ${manifest}`);
    },
  };
  const proven = { configuration: async (name: string) => ({ entries: new Map(Object.entries(PROVEN[name] ?? {})) }) };
  const keep = (...accounts: string[]) =>
    keepManifests({ machines } as never, proven as never, { address: 'main' }, accounts);
  expect(await keep('right', 'wrong', 'busy', 'unguarded')).toEqual(['wrong']);
  expect(told).toEqual([`wrong 0x${WANTED}`]);
  const lying = { configuration: () => Promise.reject(new Error('proof-invalid')) };
  await expect(keepManifests({ machines } as never, lying as never, { address: 'main' }, ['wrong'])).rejects.toThrow();
});
