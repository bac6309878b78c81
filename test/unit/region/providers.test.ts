import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../src/region/index.ts';
import { addressOf, joined, type Provider } from '../../../src/region/providers/register.ts';

const REQUEST = {
  format: 'provider-request' as const,
  formatVersion: 1 as const,
  name: 'home-1',
  tunnelKey: 'AyMmyiEaJ8GGXK/XUEJP1lYnB3zYKuxQKvHJuFAg3TM=',
  tlsKey: '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n',
  hostKey: `ssh-ed25519 ${'A'.repeat(68)}`,
};
const AS = { class: 'lab-1' };
const turned = (known: readonly Provider[], state: Provider['state']) => known.map((one) => ({ ...one, state }));

describe('providers of a region', () => {
  it('get an address each, which stays theirs', () => {
    const one = joined([], REQUEST, AS);
    expect(joined(one, REQUEST, AS)).toEqual(one);
    expect(joined(turned(one, 'left'), REQUEST, AS)).toEqual(one);
    expect(addressOf('10.67.0.0/24', one[0]?.number ?? 0)).toBe('10.67.0.2');
    expect(() => addressOf('10.67.0.0/30', 3)).toThrow(/no address/);
  });

  it('that were excluded come back under no name', () => {
    const known = turned(joined([], REQUEST, AS), 'excluded');
    expect(() => joined(known, REQUEST, AS)).toThrow(/was excluded/);
    expect(() => joined(known, { ...REQUEST, name: 'home-2' }, AS)).toThrow(/was excluded/);
  });

  it('can not take the name or a key of another', () => {
    const known = joined([], REQUEST, AS);
    expect(() => joined(known, { ...REQUEST, name: 'home-2' }, AS)).toThrow(/has joined already/);
    const other = 'BBMmyiEaJ8GGXK/XUEJP1lYnB3zYKuxQKvHJuFAg3TM=';
    expect(() => joined(known, { ...REQUEST, tunnelKey: other }, AS)).toThrow(/has joined already/);
  });

  it('are read from nothing but a whole request', () => {
    expect(parseRequest(JSON.stringify(REQUEST))).toEqual(REQUEST);
    for (const wrong of ['{', '{}', JSON.stringify({ ...REQUEST, name: 'a;b' }), JSON.stringify({ ...REQUEST, x: 1 })])
      expect(() => parseRequest(wrong)).toThrow(/can't be used/);
  });
});
