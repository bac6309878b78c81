import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInSeed, parseSeed, readSeedFile, seedFingerprint } from '../../../src/chain/seed.ts';

describe('the seed of the development chain', () => {
  const libraries = readdirSync(join(import.meta.dirname, '../../../libraries'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));

  it('names the sections and keys that the rest of the program reads', () => {
    const keys = Object.fromEntries(
      builtInSeed().sections.map(({ section, values }) => [section, Object.keys(values)]),
    );
    expect(keys).toEqual({
      'compute-section-1': ['resource-classes', 'proof-rules', 'sla-rules', 'dvm-templates'],
      'security-section-1': ['host-policy', 'host-firewall', 'host-apparmor', 'host-selinux'],
      'network-section-1': [
        'client-gatekeeper',
        'dvci-rules',
        'w3bi-rules',
        ...libraries.map((name) => `library-${name}`),
      ],
    });
  });

  it('holds JSON that fits into a contract where it is inline', () => {
    const values = builtInSeed().sections.flatMap((section) => Object.values(section.values));
    for (const value of values.filter(({ mediaType }) => mediaType === 'application/json')) {
      const bytes = readSeedFile('inline' in value ? value.inline : value.artifact);
      expect(() => JSON.parse(new TextDecoder().decode(bytes))).not.toThrow();
      if ('inline' in value) expect(bytes.length).toBeLessThanOrEqual(15 * 1024);
    }
  });

  it('has another fingerprint when one of its files changes', () => {
    const seed = builtInSeed();
    const changed = seedFingerprint(seed, (name) =>
      name.endsWith('host-policy.json') ? Buffer.of(1) : readSeedFile(name),
    );
    expect(changed).not.toBe(seedFingerprint(seed, readSeedFile));
  });

  it.each(['{}', '{"version":2}', JSON.stringify({ ...builtInSeed(), extra: 1 })])('refuses %.40s', (text) => {
    expect(() => parseSeed(text)).toThrow(/seed\.json/);
  });

  it('refuses a file outside of its folder', () => {
    const text = JSON.stringify(builtInSeed()).replace('compute/resource-classes.json', '../../package.json');
    expect(() => parseSeed(text)).toThrow(/seed\.json/);
  });
});
