import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../src/gatekeeper/library/index.ts';
import type { Asked } from '../../../../src/gatekeeper/validate.ts';
import { type Condition, isId, isLike, meets } from '../../../../src/gatekeeper/validators/condition.ts';
import { checkCommand, dvciValidator } from '../../../../src/gatekeeper/validators/dvci.ts';
import { type DvciRules, parseDvciRules } from '../../../../src/gatekeeper/validators/dvci-rules.ts';
import { Bug, type UserError } from '../../../../src/system/errors.ts';
import { cases } from '../../../cases.ts';
import { NO_DOCUMENTS, SAMPLES, shipped } from '../library/shipped.ts';

const SEED = readFileSync(new URL('../../../../chain/seed/network/dvci-rules.json', import.meta.url));
const seeded = parseDvciRules(SEED);
const UUID = '0b5ea2c4-55f5-4f6b-9d4c-1f3c1b0d7a10';

function read(argv: readonly string[]) {
  const library = shipped.forTool(argv[0] ?? '');
  if (library === undefined) throw new Error(`no library for ${argv[0]}`);
  return readCommand(library, argv, NO_DOCUMENTS);
}

function verdict(argv: readonly string[], rules: DvciRules = seeded): string {
  try {
    checkCommand(read(argv), rules);
    return 'accept';
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 3 });
    expect((error as UserError).nextSteps.length).toBeGreaterThan(0);
    return (error as UserError).code;
  }
}

const SERVER = ['openstack', 'server', 'create', '--flavor', 'm1', '--image', 'debian'];
const CHART = ['helm', 'install', 'node', '--version=1.2.3'];

describe('the rules that the chain begins with', () => {
  it.each<[string, string[]]>([
    ['accept', [...SERVER, '--network', 'sene-1', 'web']],
    ['accept', [...SERVER, '--max', '8', 'web']],
    ['rule-broken', [...SERVER, '--max', '9', 'web']],
    ['rule-broken', [...SERVER, '--min', '100', 'web']],
    ['rule-broken', [...SERVER, '--network', 'con-eu', 'web']],
    ['rule-broken', [...SERVER, '--network', 'sene-1', '--network', 'rbn-1', 'web']],
    ['rule-broken', [...SERVER, '--network', UUID, 'web']],
    ['rule-broken', [...SERVER, '--nic', `net-id=${UUID}`, 'web']],
    ['accept', [...SERVER, '--nic', 'none', 'web']],
    ['rule-broken', [...SERVER, ...['a', 'b', 'c', 'd', 'e'].flatMap((it) => ['--network', it]), 'web']],
    ['accept', [...SERVER, '--boot-from-volume', '512', 'web']],
    ['rule-broken', [...SERVER, '--boot-from-volume', '513', 'web']],
    ['accept', ['openstack', 'volume', 'create', '--size', '2048', 'data']],
    ['rule-broken', ['openstack', 'volume', 'create', '--size', '2049', 'data']],
    ['rule-broken', ['openstack', 'flavor', 'create', '--vcpus', '65', 'huge']],
    ['accept', ['openstack', 'subnet', 'create', '--network', 'n', '--subnet-range', '10.7.0.0/16', 's']],
    ['rule-broken', ['openstack', 'subnet', 'create', '--network', 'n', '--subnet-range', '8.8.8.0/24', 's']],
    ['rule-broken', ['openstack', 'subnet', 'create', '--network', 'n', '--subnet-range', '0.0.0.0/0', 's']],
    ['accept', ['openstack', 'network', 'delete', 'sene-1']],
    ['resource-protected', ['openstack', 'network', 'delete', 'con-eu']],
    ['resource-protected', ['openstack', 'network', 'delete', 'sene-1', 'rbn-eu-us']],
    ['resource-unnamed', ['openstack', 'network', 'delete', UUID]],
    ['resource-protected', ['openstack', 'image', 'delete', 'logos-base']],
    ['accept', ['openstack', 'network', 'show', 'con-eu']],
    ['accept', [...CHART, 'oci://ghcr.io/x/chart']],
    ['rule-broken', [...CHART, 'oci://evil.example/x/chart']],
    ['rule-broken', [...CHART, 'oci://ghcr.io.evil.example/x/chart']],
    ['rule-broken', [...CHART, 'oci://ghcr.io/x/chart', '--namespace=kube-system']],
    ['accept', ['kubeadm', 'init', '--pod-network-cidr=10.244.0.0/16']],
    ['rule-broken', ['kubeadm', 'init', '--pod-network-cidr=10.244.0.0/16,1.0.0.0/8']],
  ])('%s %j', (expected, argv) => {
    expect(verdict(argv)).toBe(expected);
  });

  it('have something to say about commands that exist, and let most of them through', () => {
    const operations = new Set(
      shipped.all.flatMap(({ commands }) => commands.map(({ operation }) => operation.replaceAll('.', '/'))),
    );
    for (const { operations: named } of [...seeded.rules, ...seeded.protected]) {
      for (const operation of named) expect(operations, operation).toContain(operation);
    }
    const parameters = new Set(
      shipped.all.flatMap(({ commands }) =>
        commands.flatMap(({ options, positionals }) => [
          ...options.long.keys(),
          ...positionals.map(({ name }) => name),
        ]),
      ),
    );
    for (const { must, when } of seeded.rules) {
      for (const { parameter } of [...must, ...when]) expect(parameters, parameter).toContain(parameter);
    }
    const refused = SAMPLES.filter((argv) => verdict(argv) !== 'accept');
    expect(refused.length).toBeLessThan(SAMPLES.length / 10);
  });

  it('never say what a parameter was, which may be secret', () => {
    const rules = parseDvciRules(
      Buffer.from(
        JSON.stringify({
          ...JSON.parse(SEED.toString()),
          rules: [
            {
              id: 'token',
              operations: ['kubeadm/*'],
              must: [{ parameter: 'token', is: 'absent' }],
              reason: 'Tokens are made anew.',
            },
          ],
        }),
      ),
    );
    const argv = ['kubeadm', 'init', '--token=abcdef.0123456789abcdef'];
    expect(() => checkCommand(read(argv), rules)).toThrow(/^(?!.*0123456789abcdef)/s);
    expect(verdict(argv, rules)).toBe('rule-broken');
  });
});

describe('rules that are not exactly such', () => {
  const base = JSON.parse(SEED.toString());
  const rule = { id: 'a', operations: ['kubeadm/init'], must: [{ parameter: 'x', is: 'given' }], reason: 'r' };
  it.each<[string, unknown]>([
    ['are none', {}],
    ['with a further member', { ...base, extra: 1 }],
    ['of another format', { ...base, format: 'w3bi-rules' }],
    ['with an id twice', { ...base, rules: [rule, rule] }],
    ['with an operator that nobody knows', { ...base, rules: [{ ...rule, must: [{ parameter: 'x', is: 'evil' }] }] }],
    ['with nothing that must be', { ...base, rules: [{ ...rule, must: [] }] }],
    [
      'with a range that is none',
      { ...base, rules: [{ ...rule, must: [{ parameter: 'x', is: 'within', values: ['10.0.0.0/33'] }] }] },
    ],
    ['with a number as text', { ...base, rules: [{ ...rule, must: [{ parameter: 'x', is: 'atMost', value: '8' }] }] }],
    ['with an operation that is none', { ...base, rules: [{ ...rule, operations: ['*'] }] }],
  ])('%s, are refused', (_, value) => {
    const bytes = Buffer.from(JSON.stringify(value));
    expect(() => parseDvciRules(bytes)).toThrow(expect.objectContaining({ code: 'validator-rules-invalid' }));
  });

  it.each([
    '{"__proto__":{"format":"dvci-rules"}}',
    SEED.toString().replace('"version"', '"formatVersion": 1, "version"'),
    '[',
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ])('are refused: %#', (text) => {
    expect(() => parseDvciRules(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'validator-rules-invalid' }),
    );
  });
});

describe('conditions', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { minLength: 1 }));
  const parameters = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString'), value);

  it('on what was not given hold, but that it is given; inherited members are not given', () => {
    const conditions: Condition[] = [
      { parameter: 'toString', is: 'atMost', value: 0 },
      { parameter: 'constructor', is: 'oneOf', values: ['x'] },
      { parameter: 'a', is: 'like', values: ['x'] },
      { parameter: 'a', is: 'within', values: ['10.0.0.0/8'] },
      { parameter: 'a', is: 'absent' },
    ];
    for (const condition of conditions) expect(meets(condition, {})).toBe(true);
    expect(meets({ parameter: 'toString', is: 'given' }, {})).toBe(false);
  });

  it('never throw, and opposites are never both met by what was given once', () => {
    fc.assert(
      fc.property(
        parameters,
        fc.constantFrom('a', 'b'),
        fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
        (given, parameter, values) => {
          const is = (kind: 'oneOf' | 'noneOf' | 'like' | 'unlike') => meets({ parameter, is: kind, values }, given);
          const found = Object.hasOwn(given, parameter) ? given[parameter] : undefined;
          if (found === undefined) expect([is('oneOf'), is('noneOf'), is('like'), is('unlike')]).not.toContain(false);
          else if (typeof found !== 'object') {
            expect(is('oneOf')).toBe(!is('noneOf'));
            expect(is('like')).toBe(!is('unlike'));
            if (is('oneOf')) expect(values).toContain(String(found));
          }
          if (typeof found !== 'number' && found !== undefined)
            expect(meets({ parameter, is: 'atMost', value: 1e9 }, given)).toBe(false);
        },
      ),
      { numRuns: cases(1_000) },
    );
  });

  it('compare numbers as numbers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (has, value) => {
        expect(meets({ parameter: 'a', is: 'atMost', value }, { a: has })).toBe(has <= value);
        expect(meets({ parameter: 'a', is: 'atLeast', value }, { a: has })).toBe(has >= value);
      }),
    );
  });

  it('of likeness mean what a regular expression of the same would', () => {
    const letters = fc.stringMatching(/^[ab*.]{0,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[ab.]{0,12}$/), letters, (text, pattern) => {
        const escaped = pattern.replace(/[.]/g, '\\.').replaceAll('*', '.*');
        expect(isLike(text, pattern)).toBe(new RegExp(`^${escaped}$`, 's').test(text));
      }),
      { numRuns: cases(2_000) },
    );
    const began = performance.now();
    isLike('a'.repeat(4_000), `${'*a'.repeat(120)}*b`);
    expect(performance.now() - began).toBeLessThan(100);
  });

  it('of ranges hold for what lies within, as a whole', () => {
    const within = (text: string, ...values: string[]) => meets({ parameter: 'a', is: 'within', values }, { a: text });
    expect(within('10.1.2.0/24', '10.0.0.0/8')).toBe(true);
    expect(within('10.1.2.3', '10.0.0.0/8')).toBe(true);
    expect(within('10.0.0.0/7', '10.0.0.0/8')).toBe(false);
    expect(within('fd12::/64', 'fd00::/8', '10.0.0.0/8')).toBe(true);
    expect(within('::ffff:10.0.0.1', '10.0.0.0/8')).toBe(false);
    for (const text of ['', 'x', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', 'fe80::1%eth0', '010.0.0.1'])
      expect(within(text, '0.0.0.0/0', '::/0')).toBe(false);
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        octet,
        octet,
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 8, max: 24 }),
        (a, b, mine, theirs) => {
          const number = ((a << 24) | (b << 16)) >>> 0;
          const outer = (10 << 24) >>> 0;
          const mask = (0xffff_ffff << (32 - theirs)) >>> 0;
          const inside = mine >= theirs && (number & mask) >>> 0 === (outer & mask) >>> 0;
          expect(within(`${a}.${b}.0.0/${mine}`, `10.0.0.0/${theirs}`)).toBe(inside);
        },
      ),
      { numRuns: cases(500) },
    );
  });

  it('tell an id from a name', () => {
    for (const id of [UUID, UUID.toUpperCase(), UUID.replaceAll('-', ''), '7']) expect(isId(id)).toBe(true);
    for (const name of ['web', 'web-1', `${UUID}x`, 'a-b-c-d-e', '']) expect(isId(name)).toBe(false);
  });
});

describe('the DVCI validator', () => {
  const never = new AbortController().signal;
  const asked = (argv: readonly string[]) => ({ native: read(argv) }) as unknown as Asked;
  const broken = [...SERVER, '--max', '9', 'web'];

  it('refuses by rules that are at hand, and by rules that are read first', async () => {
    expect(() => dvciValidator(() => seeded).validate(asked(broken), never)).toThrow(/servers|max|9/i);
    const later = dvciValidator(async () => seeded);
    await expect(later.validate(asked(broken), never)).rejects.toMatchObject({ code: 'rule-broken', exitCode: 3 });
    await expect(later.validate(asked([...SERVER, 'web']), never)).resolves.toBeUndefined();
    expect(later.limitMs).toBeGreaterThan(0);
  });

  it('looks at native commands only', () => {
    expect(() => dvciValidator(() => seeded).validate({} as Asked, never)).toThrow(Bug);
  });

  it('names the parameter and what it must be', () => {
    expect(() => checkCommand(read(broken), seeded)).toThrow(/max.*8/s);
    expect(() => checkCommand(read(['openstack', 'flavor', 'create', '--vcpus', '65', 'x']), seeded)).toThrow(/vcpus/);
    expect(() => checkCommand(read([...CHART, 'oci://evil.example/x/chart']), seeded)).toThrow(/ghcr\.io|registry/);
  });

  it('asks only what the conditions of a rule ask for', () => {
    const rule = {
      id: 'a',
      operations: ['kubeadm/init'],
      reason: 'r',
      must: [{ parameter: 'node-name', is: 'given' }],
    };
    const when = [{ parameter: 'dry-run', is: 'given' }];
    const rules = parseDvciRules(
      Buffer.from(JSON.stringify({ ...JSON.parse(SEED.toString()), rules: [{ ...rule, when }] })),
    );
    expect(verdict(['kubeadm', 'init'], rules)).toBe('accept');
    expect(verdict(['kubeadm', 'init', '--dry-run'], rules)).toBe('rule-broken');
    expect(verdict(['kubeadm', 'init', '--dry-run', '--node-name=a'], rules)).toBe('accept');
  });
});
