import { describe, expect, it } from 'vitest';
import { exactNumber, mergeJson, parseJson } from '../../../../src/chain/spec/json.ts';
import { parseNetwork, SKELETON } from '../../../../src/chain/spec/network.ts';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const GOOD = {
  name: 'Logos',
  id: 'logos',
  validators: [{ account: ALICE, keys: `0x${'ab'.repeat(96)}` }],
  endowments: { [ALICE]: '1001 LOGOS' },
};

describe('what founders decide', () => {
  it('is taken with its defaults, and amounts to the last Planck', () => {
    const endowments = { ...GOOD.endowments, [BOB]: '0.000000000001 LOGOS' };
    expect(parseNetwork({ ...GOOD, endowments })).toEqual({
      ...GOOD,
      chainType: 'Live',
      stake: 1_000_000_000_000_000n,
      endowments: { [ALICE]: 1_001_000_000_000_000n, [BOB]: 1n },
      council: [],
      bootNodes: [],
    });
  });

  it.each<[string, object, string]>([
    ['no name', { name: '' }, 'name'],
    ['an id with capitals', { id: 'Logos' }, 'id'],
    ['no validator', { validators: [] }, 'validators'],
    [
      'a validator twice',
      { validators: [...GOOD.validators, { account: ALICE, keys: '0x00' }] },
      'is a validator twice',
    ],
    [
      'two validators with one key',
      { validators: [...GOOD.validators, { ...GOOD.validators[0], account: BOB }] },
      'the same session keys',
    ],
    ['a validator without funds', { endowments: {} }, 'less than its stake'],
    [
      'an address of another network',
      { council: ['15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5'] },
      'not an address',
    ],
    ['an amount that is none', { stake: '1.5' }, 'no amount'],
    ['an amount below a Planck', { stake: '0.0000000000001 LOGOS' }, 'no amount'],
    ['an administrator on a live chain', { administrator: ALICE }, 'no administrator'],
    ['a boot node that is none', { bootNodes: ['example.org'] }, 'bootNodes'],
    ['an entry that nobody knows', { sudo: ALICE }, 'sudo'],
    ['the skeleton as it is', SKELETON, 'not an address'],
  ])('is refused: %s', (_name, change, why) => {
    expect(() => parseNetwork({ ...GOOD, ...change })).toThrow(
      expect.objectContaining({ code: 'spec-invalid', message: expect.stringContaining(why) }),
    );
  });
});

describe('JSON for the runtime', () => {
  it('loses no digit', () => {
    const text = '{"a":123456789012345678901,"b":["1000000000000000000",1]}';
    expect(JSON.stringify(parseJson(text))).toBe(text);
    expect(JSON.stringify([exactNumber(2n ** 127n)])).toBe(`[${2n ** 127n}]`);
    const merged = mergeJson(parseJson('{"a":{"b":1,"c":18446744073709551616},"d":1}'), { a: { b: exactNumber(2n) } });
    expect(JSON.stringify(merged)).toBe('{"a":{"b":2,"c":18446744073709551616},"d":1}');
  });
});
