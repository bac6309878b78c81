import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hash, MachineRecord, MachineRules, Operation } from '../../../../src/chain/index.ts';
import { type SeenFault, seenFaults } from '../../../../src/gatekeeper/oversight/evidence.ts';
import { DECISIONS, judgeMachine } from '../../../../src/gatekeeper/oversight/judge.ts';
import { answerDigest, readReport, reportDigest } from '../../../../src/gatekeeper/oversight/report.ts';

const ACCOUNT = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const RULES: MachineRules = {
  heartbeatTerm: 600,
  heartbeatGap: 20,
  suspendAt: 2,
  excludeAt: 10,
  readmitAfter: 3,
  fatal: ['deviates'],
  collateral: 100n,
};

type Part = Partial<MachineRecord['machine']>;

function record(part: Part = {}, rest: Partial<MachineRecord> = {}): MachineRecord {
  const machine: MachineRecord['machine'] = {
    account: ACCOUNT,
    region: 'local',
    state: 'active',
    since: 1,
    seen: 100,
    due: 700,
    report: reportDigest(ACCOUNT, 'intact'),
    strikes: 0,
    clean: 0,
    ...part,
  };
  return { machine, reported: [], ...rest };
}

function operation(id: number, state: Operation['state'], deadline: number): Operation {
  return {
    id: BigInt(id),
    host: ACCOUNT,
    kind: { kind: 'stop-dvm', name: 'a' },
    state,
    requestedAt: 50,
    deadline,
  };
}

function hash(number: number): Hash {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

const judge = (now: number, found: MachineRecord, faults: readonly SeenFault[] = [], rules = RULES) =>
  judgeMachine({ now, record: found, faults }, rules);

describe('a machine is judged by the rules on chain', () => {
  test('nothing is against one that is heard of', () => {
    expect(judge(150, record())).toEqual({
      decision: 'none',
      state: 'active',
      strikes: 0,
      because: ['nothing is against it'],
    });
  });

  test('silence past the term is a strike, and the second one suspends', () => {
    expect(judge(700, record()).decision).toBe('none');
    expect(judge(701, record())).toMatchObject({ decision: 'strike', strikes: 1, state: 'active' });
    expect(judge(701, record({ strikes: 1 }))).toEqual({
      decision: 'suspend',
      state: 'suspended',
      strikes: 2,
      because: [
        '2 strikes suspend: the limit is 2',
        'silent: no heartbeat since block 100; the next was due by block 700',
      ],
    });
  });

  test('a heartbeat that says that the machine deviates excludes at once, by its evidence', () => {
    const found = record({ report: reportDigest(ACCOUNT, 'deviated') });
    const faults = seenFaults(150, found, []);
    expect(faults).toMatchObject([{ fault: 'deviates', what: 'its heartbeat in block 100 says that it deviates' }]);
    expect(judge(150, found, faults)).toMatchObject({
      decision: 'exclude',
      state: 'excluded',
      because: ['the rules exclude at once whoever deviates', expect.stringContaining('block 100')],
    });
    const lenient = { ...RULES, fatal: [] };
    expect(judge(150, found, faults, lenient)).toMatchObject({ decision: 'strike', strikes: 1 });
  });

  test('an operation that was left undone is a fault once; one that ended is none', () => {
    const operations = [operation(1, 'expired', 90), operation(2, 'failed', 90), operation(3, 'approved', 120)];
    const faults = seenFaults(130, record(), operations);
    expect(faults.map(({ what }) => what)).toEqual([
      'operation 1 was not done by block 90',
      'operation 3 was not done by block 120',
    ]);
    const reported = faults.slice(0, 1).map(({ evidence }) => evidence);
    expect(seenFaults(130, record({}, { reported }), operations)).toHaveLength(1);
    expect(seenFaults(120, record(), [operation(3, 'approved', 120)])).toEqual([]);
    expect(seenFaults(130, record({ since: 51 }), operations)).toEqual([]);
  });

  test('an answer is right where it is what an intact machine answers to this very seed', () => {
    const asked = { seed: hash(7), deadline: 200 };
    const answered = (answer: Hash) => judge(150, record({}, { challenge: { ...asked, answer } }));
    expect(answered(answerDigest(ACCOUNT, asked.seed, 'intact')).decision).toBe('none');
    for (const wrong of [answerDigest(ACCOUNT, asked.seed, 'deviated'), answerDigest(ACCOUNT, hash(8), 'intact')]) {
      expect(answered(wrong)).toMatchObject({
        decision: 'strike',
        because: [expect.anything(), expect.stringMatching(/^wrong: /)],
      });
    }
    expect(judge(201, record({}, { challenge: asked }))).toMatchObject({ decision: 'strike' });
  });

  test('a suspended machine is told what re-admits it, and an excluded one is left alone', () => {
    expect(judge(150, record({ state: 'suspended', strikes: 2, clean: 1 })).because).toEqual([
      'it is suspended, and 2 more heartbeats or right answers without a fault re-admit it',
    ]);
    expect(judge(9_999, record({ state: 'excluded' }))).toMatchObject({ decision: 'none', state: 'excluded' });
    expect(judge(9_999, record({ state: 'leaving' }))).toMatchObject({ decision: 'none', state: 'leaving' });
  });

  test('a suspended machine is struck for no silence', () => {
    expect(judge(701, record({ state: 'suspended', strikes: 2 }))).toMatchObject({ decision: 'none', strikes: 2 });
  });

  test('a guard that attests nothing in time is a fault, and holds the way back up', () => {
    const guard = { guard: ACCOUNT, attested: 90, seen: 100, due: 500, missed: false };
    expect(judge(500, record({}, { guard })).decision).toBe('none');
    expect(judge(501, record({}, { guard }))).toMatchObject({
      decision: 'strike',
      because: [expect.anything(), 'unattested: no attestation of its guard since block 100'],
    });
    const suspended = record({ state: 'suspended', strikes: 2, clean: 3 }, { guard: { ...guard, missed: true } });
    expect(judge(501, suspended)).toMatchObject({
      decision: 'none',
      because: ['it is suspended, and comes back only once its guard has attested'],
    });
  });

  test("a heartbeat's digest is a verdict of that machine alone", () => {
    expect(readReport(ACCOUNT, reportDigest(ACCOUNT, 'unknown'))).toBe('unknown');
    expect(readReport(ACCOUNT, reportDigest('another', 'intact'))).toBeUndefined();
    expect(readReport(ACCOUNT, hash(0))).toBeUndefined();
  });
});

const rulesArbitrary = fc
  .record({
    suspendAt: fc.integer({ min: 1, max: 12 }),
    more: fc.integer({ min: 0, max: 12 }),
    fatal: fc.subarray(['silent', 'unanswered', 'wrong', 'refused', 'deviates'] as const),
  })
  .map(({ suspendAt, more, fatal }): MachineRules => ({ ...RULES, suspendAt, excludeAt: suspendAt + more, fatal }));

const faultArbitrary = fc
  .record({ fault: fc.constantFrom('refused' as const, 'deviates' as const), evidence: fc.nat(1_000_000) })
  .map(({ fault, evidence }): SeenFault => ({ fault, what: `fault ${evidence}`, evidence: hash(evidence) }));

const recordArbitrary = fc
  .record({
    state: fc.constantFrom('active' as const, 'suspended' as const, 'leaving' as const, 'excluded' as const),
    strikes: fc.nat(12),
    clean: fc.nat(4),
    due: fc.integer({ min: 100, max: 300 }),
  })
  .map((part) => record(part));

describe('whatever was seen', () => {
  test('more faults never make a milder decision', () => {
    const property = (
      rules: MachineRules,
      found: MachineRecord,
      faults: SeenFault[],
      more: SeenFault[],
      now: number,
    ) => {
      const [few, many] = [judge(now, found, faults, rules), judge(now, found, [...faults, ...more], rules)];
      expect(DECISIONS.indexOf(many.decision)).toBeGreaterThanOrEqual(DECISIONS.indexOf(few.decision));
      expect(many.strikes).toBeGreaterThanOrEqual(few.strikes);
    };
    const lists = fc.array(faultArbitrary, { maxLength: 8 });
    fc.assert(fc.property(rulesArbitrary, recordArbitrary, lists, lists, fc.nat(400), property), { numRuns: 2_000 });
  });

  test('stricter rules never make a milder decision', () => {
    const property = (rules: MachineRules, found: MachineRecord, faults: SeenFault[], now: number) => {
      const strict = {
        ...rules,
        suspendAt: Math.max(1, rules.suspendAt - 1),
        excludeAt: Math.max(1, rules.excludeAt - 1),
      };
      const [mild, hard] = [judge(now, found, faults, rules), judge(now, found, faults, strict)];
      expect(DECISIONS.indexOf(hard.decision)).toBeGreaterThanOrEqual(DECISIONS.indexOf(mild.decision));
    };
    const lists = fc.array(faultArbitrary, { maxLength: 8 });
    fc.assert(fc.property(rulesArbitrary, recordArbitrary, lists, fc.nat(400), property), { numRuns: 2_000 });
  });

  test('a decision is of what is on chain alone, whatever order it was seen in, and says why', () => {
    const property = (rules: MachineRules, found: MachineRecord, faults: SeenFault[], now: number) => {
      const [one, other] = [judge(now, found, faults, rules), judge(now, found, faults.toReversed(), rules)];
      expect({ ...one, because: one.because.toSorted() }).toEqual({ ...other, because: other.because.toSorted() });
      expect(one.because.length).toBeGreaterThan(0);
      if (one.decision !== 'none') {
        for (const { what } of faults) expect(one.because.join('\n')).toContain(what);
      }
    };
    // With two fatal faults the rule names the one that was seen first.
    const rules = rulesArbitrary.map((some) => ({ ...some, fatal: some.fatal.slice(0, 1) }));
    const lists = fc.array(faultArbitrary, { maxLength: 8 });
    fc.assert(fc.property(rules, recordArbitrary, lists, fc.nat(400), property), { numRuns: 2_000 });
  });
});

describe('an operation that was left undone', () => {
  const faults = (now: number, found: MachineRecord, ...operations: Operation[]) =>
    seenFaults(now, found, operations).map(({ what }) => what);
  const ruled = (decision: 'suspended' | 'readmitted', at: number) =>
    record({}, { ruling: { decision, at, because: {} } as unknown as NonNullable<MachineRecord['ruling']> });

  test('counts after its deadline; one that is being done, after the longest run', () => {
    expect(faults(120, record(), operation(1, 'approved', 120))).toEqual([]);
    expect(faults(121, record(), operation(1, 'approved', 120))).toHaveLength(1);
    expect(faults(121, record(), operation(1, 'claimed', 120))).toEqual([]);
    expect(faults(28_921, record(), operation(1, 'claimed', 120))).toHaveLength(1);
  });

  test('does not count while the runtime refused whatever would have ended it', () => {
    const both = [operation(1, 'approved', 110), operation(2, 'approved', 130)];
    expect(faults(200, ruled('suspended', 120), ...both)).toEqual(['operation 1 was not done by block 110']);
    expect(faults(200, ruled('readmitted', 120), ...both)).toEqual(['operation 2 was not done by block 130']);
  });
});
