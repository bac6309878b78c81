import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFirewall } from '../../../src/hardening/firewall-json.ts';
import { parseFirewall } from '../../../src/hardening/index.ts';
import { cases } from '../../cases.ts';
import { bytes, FIREWALL, firewallOf } from './policies.ts';

const rule = (change: object): Uint8Array =>
  bytes({ version: 1, rules: [{ chain: 'forward', guest: 'from', verdict: 'drop', why: 'test', ...change }] });

describe('firewall', () => {
  it('replaces its own table in one transaction and makes a rule for each address family', () => {
    const { nftables } = renderFirewall(firewallOf(), 'logos_x');
    const kinds = nftables.map((item) => JSON.stringify(item).replace(/^\{"(\w+)":\{"(\w+)".*$/, '$1 $2'));
    expect(kinds.slice(0, 6)).toEqual([
      'add table',
      'delete table',
      'add table',
      'add chain',
      'add chain',
      'add chain',
    ]);
    expect(kinds.filter((kind) => kind === 'add rule')).toHaveLength(3);
  });

  it.each([
    ['no guest', { guest: undefined }],
    ['an unknown interface', { interface: 'eth0' }],
    ['a hook that has no such side', { chain: 'input', guest: 'to' }],
    ['ports without a protocol', { ports: [22] }],
    ['a name for a network', { destinations: ['example.org/8'] }],
    ['a prefix too long', { destinations: ['10.0.0.0/33'] }],
    ['a verdict that leaves the table', { verdict: 'jump owner' }],
    ['a comment that hides something', { why: 'a\u001B[2J' }],
  ])('refuses a rule with %s', (_what, change) => {
    expect(() => parseFirewall(rule(change))).toThrow(expect.objectContaining({ code: 'policy-invalid' }));
  });

  it('refuses more rules than one argument of nft can carry', () => {
    const big = { ...FIREWALL.rules[0], destinations: Array.from({ length: 64 }, (_, n) => `10.${n}.0.0/16`) };
    const document = bytes({ version: 1, rules: Array.from({ length: 100 }, () => big) });
    expect(() => parseFirewall(document)).toThrow(/characters of nft JSON/);
  });

  it('can’t concern traffic without a guest, whatever a policy says', () => {
    const anyRule = fc.record(
      {
        chain: fc.constantFrom('input', 'forward', 'output'),
        guest: fc.constantFrom('from', 'from', 'to', 'to', 'between', 'any'),
        state: fc.subarray(['new', 'established', 'invalid'], { minLength: 1 }),
        protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
        ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3 }),
        destinations: fc.array(fc.constantFrom('0.0.0.0/0', '::/0', '10.0.0.0/8'), { minLength: 1, maxLength: 3 }),
        verdict: fc.constantFrom('accept', 'drop'),
        why: fc.constant('test'),
      },
      { requiredKeys: ['chain', 'verdict', 'why'] },
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 2 }), (rules) => {
        let definition: ReturnType<typeof parseFirewall>;
        try {
          definition = parseFirewall(bytes({ version: 1, rules }));
        } catch {
          return;
        }
        accepted++;
        const documents = renderFirewall(definition, 'logos_x').nftables.map((item) => JSON.stringify(item));
        expect(documents.every((text) => text.includes('"logos_x"'))).toBe(true);
        for (const text of documents.filter((item) => item.startsWith('{"add":{"rule"')))
          expect(text).toMatch(
            /"expr":\[\{"match":\{"op":"==","left":\{"meta":\{"key":"[io]ifname"\}\},"right":"logos\*"\}\}/,
          );
      }),
      { numRuns: cases(1000) },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});
