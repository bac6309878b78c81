import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

function codesInSource(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  const codes = files.flatMap((name) => {
    const text = readFileSync(join(ROOT, 'src', name), 'utf8');
    const found = text.matchAll(/new (?:User|External|Chain|Libvirt)Error\(\s*'([a-z0-9-]+)'/g);
    return [...found].map((match) => match[1] ?? '');
  });
  return [...new Set(codes)].sort();
}

it('docs/errors.md explains every code', () => {
  const explained = new Set(
    [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1]),
  );
  const codes = codesInSource();
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !explained.has(code))).toEqual([]);
});
