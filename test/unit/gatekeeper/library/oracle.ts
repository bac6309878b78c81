import fc from 'fast-check';
import { expect } from 'vitest';
import { readCommand } from '../../../../src/gatekeeper/library/index.ts';
import { cases } from '../../../cases.ts';
import { codeOf, NO_DOCUMENTS } from './shipped.ts';
import { type DialectName, toy } from './toy.ts';

/** How many argvs are compared with each parser. */
export const CASES = Math.min(cases(1_000) * 4, 100_000);

const tokens = fc.constantFrom(
  ...'web db x7 go -a -aa -ka -ak -aka -b 7 42 -b7 -b=7 -ab7 -gweb -agweb -g -k -kk -kg --alpha --alpha=true --alpha=false --alpha=1 --alpha= -alpha'.split(
    ' ',
  ),
  ...'-alpha=t --beta --beta=7 --beta= -beta -beta=7 -beta=007 --gamma --gamma=web --gamma= --gam web --al --delta-long --delta-long=a=b -delta-long=a=b a=b'.split(
    ' ',
  ),
  ...'-- - --count -count --count=1 -count=true -5 -1 --b -a=1 -g=web @web --verbose --os-cloud --os-c 0x7 1_0 --alpha=yes'.split(
    ' ',
  ),
);
/** Argvs of the toy grammar, and of what is near it. */
export const argvs = (): string[][] =>
  fc.sample(fc.array(tokens, { minLength: 1, maxLength: 7 }), CASES).map((rest) => ['go', ...rest]);

/** What a tool's own parser makes of an argv; it says `null` of one that it refuses. */
interface Theirs {
  alpha: boolean;
  count: number;
  beta: number | null;
  gamma: string[];
  delta_long: string | null;
  first?: string;
  second?: string | null;
  operands?: string[];
}

/** Expects of each argv that is accepted here that theirs reads the same in it; gives how many were accepted. */
export function compare(dialect: DialectName, asked: readonly string[][], answers: string): number {
  const library = toy(dialect);
  const theirs = answers
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Theirs | null);
  expect(theirs.length).toBe(asked.length);
  let accepted = 0;
  for (const [at, argv] of asked.entries()) {
    const own = ['toy', ...argv];
    if (codeOf(() => readCommand(library, own, NO_DOCUMENTS)) !== 'accepted') continue;
    accepted += 1;
    const it = theirs[at];
    if (!it) expect.fail(`${own.join(' ')}: accepted here, refused there`);
    const [first, second] = it.operands ?? [it.first, it.second ?? undefined];
    const { alpha = false, count = 0, gamma = [], ...rest } = readCommand(library, own, NO_DOCUMENTS).parameters;
    expect({ alpha, count, gamma, beta: null, 'delta-long': null, second: undefined, ...rest }, own.join(' ')).toEqual({
      alpha: it.alpha,
      count: it.count,
      gamma: it.gamma,
      beta: it.beta,
      'delta-long': it.delta_long,
      first,
      second,
    });
  }
  return accepted;
}

/** A line of JSON for each argv. */
export const input = (asked: readonly string[][]) => asked.map((argv) => JSON.stringify(argv)).join('\n');
/** Bytes. */
export const MAX_ANSWERS = 1 << 28;
