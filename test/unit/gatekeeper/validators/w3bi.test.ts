import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../../src/chain/index.ts';
import { parseDemand } from '../../../../src/gatekeeper/payload.ts';
import { nativeRequest, type Origin, type RequestKind } from '../../../../src/gatekeeper/request.ts';
import { type LeaseFacts, w3biValidator } from '../../../../src/gatekeeper/validators/w3bi.ts';
import { parseW3biRules } from '../../../../src/gatekeeper/validators/w3bi-rules.ts';
import type { UserError } from '../../../../src/system/errors.ts';
import type { Json } from '../../../../src/system/journal.ts';
import { cases } from '../../../cases.ts';
import { ALICE, BOB } from '../memory-chain.ts';

const SEED = readFileSync(new URL('../../../../chain/seed/network/w3bi-rules.json', import.meta.url));
const rules = parseW3biRules(Buffer.from(SEED.toString().replace(/"maximum": *\d+/, '"maximum": 9000000')));
const PRICE = 1_000n;
const BLOCKS = 1_200;
const ENOUGH = PRICE * BigInt(BLOCKS) + rules.reservePlanck;

const lease: Lease = {
  ...{ id: 7n, customer: ALICE, payer: BOB, class: 'small-1', price: PRICE },
  ...{ from: 1, until: 1_201, settledUntil: 1, status: 'active' },
};

const facts = (over: Partial<{ price: bigint; balance: bigint; lease: Lease }> = {}): LeaseFacts => ({
  price: async (name) => ('price' in over ? over.price : name === 'small-1' ? PRICE : undefined),
  balance: async () => over.balance ?? ENOUGH,
  lease: async (id) => (id === 7n ? { ...lease, ...over.lease } : undefined),
});

async function verdict(
  kind: RequestKind,
  payload: Json,
  known: LeaseFacts = facts(),
  origin: Origin = { source: 'api', uid: 0 },
): Promise<string> {
  const request = nativeRequest({ kind, payload, origin }, { account: BOB, genesis: '0x00' });
  const validator = w3biValidator({ rules: async () => rules, facts: known, payer: BOB });
  try {
    await validator.validate({ request, demand: parseDemand(kind, payload) }, new AbortController().signal);
    return 'accept';
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 3 });
    expect((error as UserError).nextSteps.join('').length).toBeGreaterThan(10);
    return (error as UserError).code;
  }
}

const wish = (over: object = {}): Json => ({
  ...{ customer: ALICE, class: 'small-1', blocks: BLOCKS, service: 'substrate-node' },
  ...over,
});
const by = (key: string): Origin => ({ source: 'api', uid: 0, key });

describe('a service that a customer asks for', () => {
  it.each<[string, string, Json, LeaseFacts, Origin | undefined]>([
    ['that the community admitted, paid for', 'accept', wish(), facts(), undefined],
    ['by the customer’s own key', 'accept', wish(), facts(), by(ALICE)],
    ['by another’s key', 'lease-not-own', wish(), facts(), by(BOB)],
    ['that nobody admitted', 'service-not-admitted', wish({ service: 'casino' }), facts(), undefined],
    ['of the prototype', 'service-not-admitted', wish({ service: 'constructor' }), facts(), undefined],
    ['for too short', 'lease-time-refused', wish({ blocks: BLOCKS - 1 }), facts({ balance: 2n ** 90n }), undefined],
    ['for too long', 'lease-time-refused', wish({ blocks: 9_000_001 }), facts({ balance: 2n ** 90n }), undefined],
    ['for the longest time', 'accept', wish({ blocks: 9_000_000 }), facts({ balance: 2n ** 90n }), undefined],
    ['in a class that has no price', 'class-not-for-rent', wish({ class: 'large-9' }), facts(), undefined],
    ['with one Planck too little', 'balance-too-low', wish(), facts({ balance: ENOUGH - 1n }), undefined],
    ['with nothing', 'balance-too-low', wish(), facts({ balance: 0n }), undefined],
  ])('%s: %s', async (_, expected, payload, known, origin) => {
    expect(await verdict('open-lease', payload, known, origin)).toBe(expected);
  });

  it('is paid for in full, whatever it costs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 1n, max: 2n ** 96n }),
        fc.integer({ min: BLOCKS, max: 9_000_000 }),
        fc.bigInt({ min: 0n, max: 2n ** 127n }),
        async (price, blocks, balance) => {
          const enough = balance >= price * BigInt(blocks) + rules.reservePlanck;
          const found = await verdict('open-lease', wish({ blocks }), facts({ price, balance }));
          expect(found).toBe(enough ? 'accept' : 'balance-too-low');
        },
      ),
      { numRuns: cases(200) },
    );
  });
});

describe('a lease that runs', () => {
  it('is cancelled by who paid, or by the key that it is for', async () => {
    expect(await verdict('cancel-lease', { lease: '7' })).toBe('accept');
    expect(await verdict('cancel-lease', { lease: '7' }, facts(), by(ALICE))).toBe('accept');
    expect(await verdict('cancel-lease', { lease: '7' }, facts(), by(BOB))).toBe('lease-not-own');
    const others = facts({ lease: { ...lease, payer: ALICE } });
    expect(await verdict('cancel-lease', { lease: '7' }, others)).toBe('lease-not-own');
    expect(await verdict('cancel-lease', { lease: '8' })).toBe('lease-unknown');
  });

  it('is settled by anyone', async () => {
    expect(await verdict('settle-lease', { lease: '7' }, facts(), by(BOB))).toBe('accept');
    expect(await verdict('settle-lease', { lease: '8' })).toBe('lease-unknown');
  });
});

describe('rules that are not exactly such', () => {
  const base = JSON.parse(SEED.toString());
  it.each([
    {},
    { ...base, extra: 1 },
    { ...base, reservePlanck: 1 },
    { ...base, reservePlanck: '-1' },
    { ...base, services: [{ name: 'a', category: 'gambling', classes: ['*'] }] },
    { ...base, services: [base.services[0], base.services[0]] },
    { ...base, leaseBlocks: { minimum: 0, maximum: 1 } },
  ])('are refused: %#', (value) => {
    const bytes = Buffer.from(JSON.stringify(value));
    expect(() => parseW3biRules(bytes)).toThrow(expect.objectContaining({ code: 'validator-rules-invalid' }));
  });
});
