import { expect, it } from 'vitest';
import { HandleIndex } from '../../../../src/guard/engine/handle-index.ts';
import { Reporter } from '../../../../src/guard/engine/reporter.ts';

it('of what there may be several at one path each is told once, and again when it was gone in between', () => {
  const told: string[] = [];
  const reporter = new Reporter(({ kind, found }) => told.push(`${kind} ${found}`));
  const mounts = (...found: string[]) =>
    reporter.anew('mount', (report) => {
      for (const each of found) report('/x', { kind: 'mount', found: each }, 'mount');
    });
  mounts('a', 'b');
  mounts('a', 'b');
  expect(told).toEqual(['mount a', 'mount b']);
  mounts('b');
  mounts('a', 'b');
  expect(told.slice(2)).toEqual(['mount a']);
  mounts();
  expect(reporter.quiet).toBe(true);
});

it('of a content the last is remembered: one that comes back is told again', () => {
  const told: string[] = [];
  const reporter = new Reporter(({ found }) => told.push(`${found}`));
  for (const found of ['a', 'a', 'b', 'a']) reporter.report('/x', { kind: 'content', found }, 'event');
  expect(told).toEqual(['a', 'b', 'a']);
  reporter.report('/x', { kind: 'tampered', found: 'c' }, 'self');
  reporter.forgetKind('/x', 'content');
  expect(reporter.knows('/x')).toBe(true);
  reporter.forgetKind('/x', 'tampered');
  expect(reporter.quiet).toBe(true);
});

it('an index of handles grows with the inodes that came and went', () => {
  const index = new HandleIndex(1);
  const fsid = Buffer.alloc(8);
  const handle = (number: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(number);
    return bytes;
  };
  for (let number = 0; number < 1_000; number += 1) index.set(fsid, handle(number), 0, 8, number);
  for (let number = 0; number < 1_000; number += 1) expect(index.get(fsid, handle(number), 0, 8)).toBe(number);
  expect(index.get(fsid, handle(1_000), 0, 8)).toBeUndefined();
});
