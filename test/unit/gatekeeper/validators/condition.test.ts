import { describe, expect, it } from 'vitest';
import { isWithin } from '../../../../src/gatekeeper/validators/cidr.ts';
import {
  type Condition,
  conditionSchema,
  isId,
  isLike,
  meets,
  type Parameter,
} from '../../../../src/gatekeeper/validators/condition.ts';

const GIVEN: Condition = { parameter: 'x', is: 'given' };
const ABSENT: Condition = { parameter: 'x', is: 'absent' };
const NAME: Condition = { parameter: 'x', is: 'name' };
const most = (value: number): Condition => ({ parameter: 'x', is: 'atMost', value });
const least = (value: number): Condition => ({ parameter: 'x', is: 'atLeast', value });
const count = (value: number): Condition => ({ parameter: 'x', is: 'countAtMost', value });
const set = (is: 'oneOf' | 'noneOf' | 'like' | 'unlike' | 'within', ...values: string[]): Condition => ({
  ...{ parameter: 'x', is, values },
});

describe('a condition on a parameter', () => {
  it.each<[boolean, Condition, Parameter | undefined]>([
    [true, GIVEN, 'a'],
    [true, GIVEN, true],
    [true, GIVEN, 0],
    [false, GIVEN, false],
    [false, GIVEN, undefined],
    [true, ABSENT, undefined],
    [true, ABSENT, false],
    [false, ABSENT, true],
    [false, ABSENT, ''],
    [true, NAME, 'net-1'],
    [false, NAME, '12'],
    [true, most(8), 8],
    [false, most(8), 9],
    [false, most(8), '7'],
    [true, most(8), undefined],
    [true, least(8), 8],
    [false, least(8), 7],
    [false, least(8), '9'],
    [true, count(2), ['a', 'b']],
    [false, count(2), ['a', 'b', 'c']],
    [true, count(1), 'a'],
    [false, count(0), 'a'],
    [true, count(0), undefined],
    [true, set('oneOf', 'a', 'b'), ['b', 'a']],
    [false, set('oneOf', 'a', 'b'), ['b', 'c']],
    [true, set('noneOf', 'a'), 'b'],
    [false, set('noneOf', 'a'), ['b', 'a']],
    [true, set('oneOf', '5', 'true'), 5],
    [true, set('oneOf', '5', 'true'), true],
    [true, set('like', 'a-*', 'b-*'), ['a-1', 'b-2']],
    [false, set('like', 'a-*'), ['a-1', 'b-2']],
    [true, set('unlike', 'con-*', 'rbn-*'), 'sene-1'],
    [false, set('unlike', 'con-*', 'rbn-*'), 'rbn-1'],
    [true, set('within', '10.0.0.0/8', 'fd00::/8'), ['10.1.0.0/16', 'fd12::/64']],
    [false, set('within', '10.0.0.0/8'), ['10.1.0.0/16', '11.0.0.0/8']],
    [false, set('within', '10.0.0.0/8'), 'anything'],
  ])('%s: %j of %j', (expected, condition, given) => {
    const parameters: Record<string, Parameter> = given === undefined ? {} : { x: given };
    expect(meets(condition, { ...parameters, y: 'other' })).toBe(expected);
  });

  it('is not fooled by a name of the prototype', () => {
    expect(meets({ parameter: 'constructor', is: 'given' }, {})).toBe(false);
  });

  it('takes ranges only where each of them is one', () => {
    const within = (...values: string[]) => conditionSchema.safeParse({ parameter: 'x', is: 'within', values }).success;
    expect(within('10.0.0.0/8', 'fd00::/8')).toBe(true);
    for (const bad of [
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/x8',
      '10.0.0.0/8/8',
      'fe80::%1/64',
      '/8',
      'a/8',
    ])
      expect([bad, within('10.0.0.0/8', bad)]).toEqual([bad, false]);
  });
});

describe('a pattern', () => {
  it.each<[boolean, string, string]>([
    [true, 'abc', 'abc'],
    [false, 'abcd', 'abc'],
    [true, '', '*'],
    [true, 'abc', '*'],
    [true, 'abc', 'a*'],
    [true, 'abc', '*c'],
    [false, 'abc', '*b'],
    [true, 'ab', 'a*b'],
    [false, 'a', 'a*a'],
    [true, 'aa', 'a*a'],
    [true, 'a-x-b', 'a*x*b'],
    [false, 'a-y-b', 'a*x*b'],
    [true, 'xaxb', 'xa*b'],
    [true, 'bc', '*b*c'],
    [false, 'b-c', '*c*b*'],
    [true, 'ababab', 'ab*ab*ab'],
    [false, 'abab', 'ab*ab*ab'],
    [false, 'aXb', 'a*X*Xb'],
    [false, 'a.c', 'abc'],
    [false, 'abc', 'a.c'],
  ])('%s: %j is like %j', (expected, value, pattern) => {
    expect(isLike(value, pattern)).toBe(expected);
  });
});

describe('an id', () => {
  it.each<[boolean, string]>([
    [true, '7'],
    [true, '4294967296'],
    [true, '0b5ea2c455f54f6b9d4c1f3c1b0d7a10'],
    [true, '0B5EA2C4-55F5-4F6B-9D4C-1F3C1B0D7A10'],
    [false, '0b5ea2c4-55f5-4f6b-9d4c'],
    [false, '7a'],
    [false, 'a7'],
    [false, '0b5ea2c455f54f6b9d4c1f3c1b0d7a1'],
    [false, '0b5ea2c455f54f6b9d4c1f3c1b0d7a100'],
    [false, ''],
  ])('%s: %j', (expected, text) => {
    expect(isId(text)).toBe(expected);
  });
});

describe('an address or range', () => {
  it.each<[boolean, string, string]>([
    [true, '10.1.2.3', '10.0.0.0/8'],
    [true, '10.0.0.0/8', '10.0.0.0/8'],
    [false, '10.0.0.0/7', '10.0.0.0/8'],
    [true, '10.1.2.3', '10.1.2.3'],
    [false, '10.1.2.0/31', '10.1.2.0'],
    [true, 'fd00::1', 'fd00::/8'],
    [false, 'fd00::1', '0.0.0.0/0'],
    [false, '10.1.2.3', '::/0'],
    [false, '10.1.2.3/x24', '10.0.0.0/8'],
    [false, '10.1.2.3/24x', '10.0.0.0/8'],
    [false, '10.1.2.3/24/24', '10.0.0.0/8'],
    [false, 'fe80::1%eth0', 'fe80::/10'],
    [false, '10.1.2.3', 'nonsense'],
    [false, 'nonsense', '10.0.0.0/8'],
    [false, '10.1.2.3/1000', '10.0.0.0/8'],
    [true, '10.1.2.3/32', '0.0.0.0/0'],
  ])('%s: %s lies within %s', (expected, inner, outer) => {
    expect(isWithin(inner, outer)).toBe(expected);
  });
});
