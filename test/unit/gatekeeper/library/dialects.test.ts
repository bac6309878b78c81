import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../src/gatekeeper/library/index.ts';
import { cases } from '../../../cases.ts';
import { codeOf, NO_DOCUMENTS } from './shipped.ts';
import { DIALECT_NAMES, type DialectName, toy } from './toy.ts';

/** What somebody wants to say, without how it is written. */
interface Wish {
  alpha: boolean;
  count: number;
  beta?: number;
  gamma: string[];
  delta?: [string, string];
  first: string;
  second?: string;
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/);
const wish: fc.Arbitrary<Wish> = fc.record(
  {
    alpha: fc.boolean(),
    count: fc.nat({ max: 4 }),
    beta: fc.nat({ max: 999 }),
    gamma: fc.array(word, { maxLength: 3 }),
    delta: fc.tuple(word, word),
    first: word,
    second: word,
  },
  { requiredKeys: ['alpha', 'count', 'gamma', 'first'] },
);
/** A stream of choices on how things are written. */
const choices = fc.infiniteStream(fc.nat({ max: 1_000 }));

const SHORT: Readonly<Record<string, string>> = { alpha: 'a', count: 'k', beta: 'b', gamma: 'g' };

function forms(dialect: DialectName, name: string, value?: string): string[][] {
  const short = dialect === 'goflag' || dialect === 'virsh' ? undefined : SHORT[name];
  if (value === undefined) {
    const all = [[`--${name}`], ...(short ? [[`-${short}`]] : [])];
    if (dialect === 'goflag') all.push([`-${name}`]);
    if ((dialect === 'goflag' || dialect === 'pflag') && name === 'alpha')
      all.push([`--${name}=true`], [`--${name}=1`]);
    return all;
  }
  const all = [[`--${name}`, value], [`--${name}=${value}`]];
  if (short) all.push([`-${short}`, value], [`-${short}${value}`]);
  if (short && dialect === 'pflag') all.push([`-${short}=${value}`]);
  if (dialect === 'goflag') all.push([`-${name}`, value], [`-${name}=${value}`]);
  return all;
}

function render(dialect: DialectName, it: Wish, stream: Iterator<number>): string[] {
  const pick = <T>(from: readonly T[]): T => from[(stream.next().value as number) % from.length] as T;
  const options: string[][] = [];
  if (it.alpha) options.push(pick(forms(dialect, 'alpha')));
  for (let n = 0; n < it.count; n += 1) options.push(pick(forms(dialect, 'count')));
  if (it.beta !== undefined) options.push(pick(forms(dialect, 'beta', String(it.beta))));
  if (it.delta) options.push(pick(forms(dialect, 'delta-long', it.delta.join('='))));
  // In their order, whatever else stands between them.
  const gammas = it.gamma.map((value) => pick(forms(dialect, 'gamma', value)));
  const operands = [it.first, ...(it.second === undefined ? [] : [it.second])];
  const shuffled = options.map((option) => [stream.next().value as number, option] as const);
  const tokens = [...shuffled.sort((a, b) => a[0] - b[0]).map(([, option]) => option), ...gammas];
  if (dialect === 'goflag') return ['toy', 'go', ...tokens.flat(), ...operands];
  const at = (stream.next().value as number) % (tokens.length + 1);
  return ['toy', 'go', ...tokens.slice(0, at).flat(), ...operands, ...tokens.slice(at).flat()];
}

function parametersOf(it: Wish) {
  return {
    first: it.first,
    ...(it.second === undefined ? {} : { second: it.second }),
    ...(it.alpha ? { alpha: true } : {}),
    ...(it.count > 0 ? { count: it.count } : {}),
    ...(it.beta === undefined ? {} : { beta: it.beta }),
    ...(it.gamma.length > 0 ? { gamma: it.gamma } : {}),
    ...(it.delta ? { 'delta-long': it.delta.join('=') } : {}),
  };
}

const soup = fc.array(
  fc.oneof(
    fc.constantFrom(
      'go',
      'g',
      'web',
      '7',
      '--',
      '-',
      '-a',
      '-aa',
      '-b7',
      '-b=7',
      '-ab',
      '-ab7',
      '-ag',
      '-kkk',
      '-kx',
      '--alpha',
      '--alpha=true',
      '--alpha=',
    ),
    fc.constantFrom(
      '--beta',
      '--beta=7',
      '--beta=',
      '-beta',
      '-beta=7',
      '--gamma',
      '--gamma=x',
      '--gam',
      '--evil',
      '-e',
      '--delta-long=a=b',
      '---alpha',
      '--=x',
      '=',
      '@x',
    ),
    fc.string({ maxLength: 6 }),
    word,
  ),
  { maxLength: 8 },
);

describe.each(DIALECT_NAMES)('%s', (dialect) => {
  const library = toy(dialect);
  const read = (argv: readonly string[]) => readCommand(library, argv, NO_DOCUMENTS);

  it('reads what was meant, however it is written', () => {
    fc.assert(
      fc.property(wish, choices, (it, stream) => {
        const argv = render(dialect, it, stream[Symbol.iterator]());
        expect({ ...read(argv).parameters }).toEqual(parametersOf(it));
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('refuses every command with a token that it does not know', () => {
    const strange = fc.constantFrom(
      '--zeta',
      '--zeta=1',
      '-z',
      '--evil',
      '--alphaa',
      '--bet',
      '---alpha',
      '-',
      '--no-alpha',
      '--ALPHA',
    );
    fc.assert(
      fc.property(wish, choices, strange, fc.nat(), (it, stream, token, at) => {
        const argv = render(dialect, it, stream[Symbol.iterator]());
        const place = 2 + (at % (argv.length - 1));
        expect(codeOf(() => read(argv.toSpliced(place, 0, token)))).not.toBe('accepted');
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('accepts or refuses anything by a code, and says the same of what it accepted when that is written again', () => {
    fc.assert(
      fc.property(soup, choices, (tokens, stream) => {
        const argv = ['toy', 'go', ...tokens];
        if (codeOf(() => read(argv)) !== 'accepted') return;
        const { alpha, count, beta, gamma, 'delta-long': delta, first, second } = read(argv).parameters;
        if (alpha === false) return;
        const again = {
          alpha: alpha === true,
          count: (count as number | undefined) ?? 0,
          beta: beta as number | undefined,
          gamma: [...((gamma as string[] | undefined) ?? [])],
          delta: (delta as string | undefined)?.split('=') as [string, string] | undefined,
          first: first as string,
          second: second as string | undefined,
        };
        expect({ ...read(render(dialect, again, stream[Symbol.iterator]())).parameters }).toEqual(parametersOf(again));
      }),
      { numRuns: cases(1_000) },
    );
  });
});

describe('any argv at all', () => {
  it('is accepted or refused by a code', () => {
    const libraries = DIALECT_NAMES.map(toy);
    fc.assert(
      fc.property(fc.constantFrom(...libraries), fc.array(fc.string({ unit: 'binary' })), (library, argv) => {
        expect(codeOf(() => readCommand(library, argv, NO_DOCUMENTS))).toMatch(/^[a-z-]+$/);
      }),
      { numRuns: cases(1_000) },
    );
  });
});
