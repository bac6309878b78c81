import { expect, test } from 'vitest';
// @ts-expect-error The tools are plain JavaScript.
import { coveredLines } from '../../../tools/chain/covered-lines.mjs';

const FILE = '/src/lib.rs';
const CODE = 0;
const GAP = 3;

/** A function of one file; each region is `[line, column, end line, end column, count]`. */
function made(name: string, regions: number[][], kind = CODE) {
  return { name, filenames: [FILE], regions: regions.map((region) => [...region, 0, 0, kind]) };
}

function linesOf(functions: ReturnType<typeof made>[], isCounted = (_name: string) => true) {
  return Object.fromEntries(coveredLines(functions, isCounted).get(FILE) ?? []);
}

test('a line counts as often as what begins on it, or else as what it lies in', () => {
  const branch = [4, 5, 6, 6, 0];
  expect(linesOf([made('f', [[1, 1, 8, 2, 3], branch])])).toEqual({ 1: 3, 2: 3, 3: 3, 4: 3, 5: 0, 6: 0, 7: 3, 8: 3 });
});

test('a closure that never ran is not covered by the function around it', () => {
  const functions = [made('f', [[1, 1, 5, 2, 7]]), made('f::closure', [[2, 9, 4, 6, 0]])];
  expect(linesOf(functions)).toMatchObject({ 1: 7, 3: 0, 5: 7 });
});

test('a generic function ran if one of its instances did', () => {
  expect(linesOf([made('f::<u8>', [[1, 1, 2, 2, 0]]), made('f::<u16>', [[1, 1, 2, 2, 4]])])).toEqual({ 1: 4, 2: 4 });
});

test('what is not to be counted and what has no code of its own leaves no line', () => {
  expect(linesOf([made('generated', [[1, 1, 3, 2, 0]])], (name) => name !== 'generated')).toEqual({});
  expect(linesOf([made('f', [[1, 1, 3, 2, 0]], GAP)])).toEqual({});
});
