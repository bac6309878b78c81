import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureTable } from '../../../src/region/index.ts';
import { parsed } from './region-world.ts';

describe('the default placement', () => {
  const table = failureTable(parsed().servers);

  it('survives the loss of any one server', () => {
    const one = table.filter(({ lost }) => lost.length === 1);
    expect(one).toHaveLength(4);
    for (const { api, computes, networks, storages } of one) {
      expect(api).toBe('answers');
      expect(Math.min(computes, networks, storages)).toBeGreaterThan(0);
    }
  });

  it('has what remains of it in the operators’ page', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/region.md'), 'utf8');
    for (const { lost, api, computes, networks, storages } of table)
      expect(page).toContain(`| ${lost.join(' and ')} | ${api} | ${computes} | ${networks} | ${storages} |`);
    expect(table).toHaveLength(10);
  });
});

it('has every finding’s code explained', () => {
  const errors = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8');
  const source = ['definition-rules', 'definition', 'preflight', 'servers'].map((name) =>
    readFileSync(join(import.meta.dirname, `../../../src/region/${name}.ts`), 'utf8'),
  );
  const codes = new Set(source.flatMap((text) => [...text.matchAll(/'(region-[a-z-]+)'/g)].map(([, code]) => code)));
  expect(codes.size).toBeGreaterThan(15);
  expect([...codes].filter((code) => !errors.includes(`\`${code}\``))).toEqual([]);
});
