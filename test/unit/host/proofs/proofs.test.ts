import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  beyondOffer,
  type ChallengeOf,
  judgeCpu,
  judgeDisk,
  judgePlot,
  judgeProduct,
  linkKernel,
  PlotPlace,
  parseProofRules,
  prove,
  removeLeftPlots,
  revealOf,
  roundSeed,
} from '../../../../src/host/index.ts';
import { plotUnit } from '../../../../src/host/proofs/plot.ts';
import { factors, isProduct, multiply } from '../../../../src/host/proofs/product.ts';
import { drawn } from '../../../../src/host/proofs/seed.ts';
import { asset } from '../../../../src/system/assets.ts';
import { Journal } from '../../../../src/system/journal.ts';
import { cases } from '../../../cases.ts';

const rules = parseProofRules(asset('chain/seed/compute/proof-rules.json'));
const kernel = linkKernel();
const seed = 'ab'.repeat(32);

let directory: string;
let plots: PlotPlace;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-proofs-'));
  plots = new PlotPlace(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Draws the same for the same number. */
function seeded(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function answered(challenge: Parameters<typeof prove>[0]) {
  const began = performance.now();
  return { answer: await prove(challenge, { plots }), elapsedMs: performance.now() - began, random: seeded(7) };
}

test('a round has a seed of its own for each block, account, round and nonce', () => {
  const origin = { block: '0xaa', account: '5F', round: 1, nonce: '00' };
  const seeds = [
    origin,
    { ...origin, block: '0xab' },
    { ...origin, account: '5G' },
    { ...origin, round: 2 },
    { ...origin, nonce: '01' },
  ].map(roundSeed);
  expect(new Set(seeds).size).toBe(seeds.length);
  // Parts can't run into each other.
  expect(roundSeed({ ...origin, account: '5F1', round: 1 })).not.toBe(
    roundSeed({ ...origin, account: '5F', round: 11 }),
  );
});

test('the rules on chain that are none are refused', () => {
  const text = Buffer.from(asset('chain/seed/compute/proof-rules.json')).toString();
  for (const bad of [
    '{',
    text.replace('logos-link-1', 'logos-link-2'),
    text.replace('"checked": 24', '"checked": 0'),
  ]) {
    expect(() => parseProofRules(Buffer.from(bad))).toThrow(expect.objectContaining({ code: 'proof-rules-invalid' }));
  }
});

describe('a chain of links', () => {
  const challenge: ChallengeOf<'cpu'> = { kind: 'cpu', seed, lanes: 2, windowMs: 60, roundsPerLink: 20_000 };
  const links = (answer: Answer): Buffer[] =>
    answer.kind === 'cpu' ? answer.lanes.map((text) => Buffer.from(text, 'base64')) : [];

  test('that was computed is right, and as fast as it was', async () => {
    const given = await answered(challenge);
    const count = links(given.answer).reduce((sum, { length }) => sum + length / 16, 0);
    const result = judgeCpu(challenge, given, 1e-6, rules.cpu, kernel);
    expect(result.verdict).toMatch(/proved|busy/);
    expect(result.rate).toBeCloseTo((count * 20_000) / given.elapsedMs / 1_000, 6);
    expect(judgeCpu(challenge, given, 1e6, rules.cpu, kernel).verdict).toBe('short');
    expect(judgeCpu(challenge, { ...given, elapsedMs: 1e6 }, 1, rules.cpu, kernel).verdict).toBe('late');
  });

  test('is wrong with other links, another seed, or the lanes of somebody else', async () => {
    const given = await answered(challenge);
    const lanes = links(given.answer);
    const broken = (change: (lane: Buffer) => Buffer): Answer => ({
      kind: 'cpu',
      cpuSeconds: 1,
      lanes: lanes.map((lane) => change(lane).toString('base64')),
    });
    const verdict = (answer: Answer, asked = challenge) =>
      judgeCpu(asked, { ...given, answer }, 1, rules.cpu, kernel).verdict;
    expect(verdict(broken((lane) => Buffer.concat([lane, randomBytes(lane.length)])))).toBe('wrong');
    expect(verdict(broken((lane) => Buffer.concat([lane, lane])))).toBe('wrong');
    expect(verdict(given.answer, { ...challenge, seed: 'ac'.repeat(32) })).toBe('wrong');
    expect(
      verdict({
        kind: 'cpu',
        cpuSeconds: 1,
        lanes: [lanes[1], lanes[0]].map((lane) => String(lane?.toString('base64'))),
      }),
    ).toBe('wrong');
    expect(verdict({ kind: 'cpu', cpuSeconds: 1, lanes: [String(lanes[0]?.toString('base64'))] })).toBe('wrong');
    expect(verdict({ kind: 'failed', why: 'no' })).toBe('failed');
  });

  test('has its floating point in the result: two rounds that differ there alone end elsewhere', () => {
    const ends = new Set(Array.from({ length: 50 }, (_, rounds) => kernel.link(rounds + 1, 5n)));
    expect(ends.size).toBe(50);
    expect(kernel.link(1_000, 1n)).toBe(kernel.link(1_000, 1n));
  });
});

describe("Freivalds' check", () => {
  const size = 24;
  test('takes a product for what it is, and nothing else', () => {
    const entry = fc.record({
      index: fc.nat(1_000),
      at: fc.nat(size * size - 1),
      by: fc.integer({ min: 1, max: 4_000_000 }),
      start: fc.nat(),
    });
    fc.assert(
      fc.property(entry, ({ index, at, by, start }) => {
        const { left, right } = factors(seed, index, size);
        const product = multiply(left, right, size);
        const options = { trials: 2, random: seeded(start) };
        expect(isProduct({ left, right, product, size }, options)).toBe(true);
        product[at] = (product[at] ?? 0) + by;
        expect(isProduct({ left, right, product, size }, options)).toBe(false);
      }),
      { numRuns: cases(50) },
    );
  });

  test('refuses what is no number that a product could have', () => {
    const { left, right } = factors(seed, 1, size);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, -1]) {
      const product = multiply(left, right, size);
      product[3] = value;
      expect(isProduct({ left, right, product, size }, { trials: 1, random: seeded(1) })).toBe(false);
    }
  });

  test('is of the products whose digests were given before', async () => {
    const challenge: ChallengeOf<'product'> = { kind: 'product', seed, size: 64, windowMs: 20 };
    const given = await answered(challenge);
    const asked = revealOf(challenge, given.answer, seeded(3), rules.product);
    if (asked === undefined) throw new Error('it gave digests');
    const { answer } = await answered(asked);
    expect(judgeProduct(challenge, given, { asked, answer }, rules.product)).toMatchObject({ verdict: 'proved' });
    const zeros = {
      kind: 'reveal',
      products: asked.indices.map(() => Buffer.alloc(4 * 64 * 64).toString('base64')),
    } as const;
    expect(judgeProduct(challenge, given, { asked, answer: zeros }, rules.product).verdict).toBe('wrong');
    expect(judgeProduct(challenge, given, undefined, rules.product).verdict).toBe('wrong');
  });
});

describe('a plot', () => {
  const plot = { seed, unitKiB: 8, passes: 4, units: 5 };
  const challenge: ChallengeOf<'disk'> = { kind: 'disk', seed: 'cd'.repeat(32), plot, hops: 12 };

  test('that was filled is read rightly; one with a unit missing is not', async () => {
    const fill = await answered({ kind: 'plot', plot });
    expect(judgePlot({ kind: 'plot', plot }, fill.answer).verdict).toBe('proved');
    const all = { ...rules.disk, checked: 12 };
    expect(judgeDisk(challenge, await answered(challenge), all)).toMatchObject({ verdict: 'proved' });
    const units = Array.from({ length: 5 }, (_, index) => plotUnit(plot, index));
    await writeFile(
      plots.path,
      Buffer.concat(units.map((unit, index) => (index < 3 ? unit : Buffer.alloc(unit.length)))),
    );
    expect(judgeDisk(challenge, await answered(challenge), all)).toMatchObject({ verdict: 'wrong' });
  });

  test('has to be read in time, and whole', async () => {
    await answered({ kind: 'plot', plot });
    const given = await answered(challenge);
    expect(judgeDisk(challenge, { ...given, elapsedMs: 1e6 }, rules.disk).verdict).toBe('late');
    expect(judgeDisk({ ...challenge, hops: 13 }, given, rules.disk).verdict).toBe('wrong');
    await rm(plots.path);
    expect(judgeDisk(challenge, await answered(challenge), rules.disk).verdict).toBe('failed');
  });

  test("leaves the owner's files alone, and nothing of its own, also when it was killed", async () => {
    const journal = new Journal(join(directory, 'journal.jsonl'));
    const lent = join(directory, 'lent');
    await mkdir(lent);
    await writeFile(join(lent, 'proof.plot'), 'mine');
    const killed = new PlotPlace(lent, journal);
    await prove({ kind: 'plot', plot }, { plots: killed });
    const place = new PlotPlace(lent, journal);
    for (let count = 0; count < 2; count++) await prove({ kind: 'plot', plot }, { plots: place });
    expect((await stat(place.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(lent)).toHaveLength(3);
    await place.remove();
    await removeLeftPlots(journal);
    expect(await readdir(lent)).toEqual(['proof.plot']);
    expect(await readFile(join(lent, 'proof.plot'), 'utf8')).toBe('mine');
    expect(await journal.pending()).toEqual([]);
  });

  test('and threads are refused beyond what is offered', () => {
    const offer = { threads: 2, diskMiB: 1 };
    const units = 1024 / plot.unitKiB;
    const cpu = { kind: 'cpu', seed, windowMs: 1, roundsPerLink: 1_000 } as const;
    expect(beyondOffer({ ...cpu, lanes: 2 }, offer)).toBeUndefined();
    expect(beyondOffer({ ...cpu, lanes: 3 }, offer)).toBe('3 threads were asked for, and 2 are claimed');
    expect(beyondOffer({ kind: 'plot', plot: { ...plot, units } }, offer)).toBeUndefined();
    expect(beyondOffer({ kind: 'plot', plot: { ...plot, units: units + 1 } }, offer)).toContain('1 are offered');
  });

  test('that does not fit is told of', async () => {
    const answer = await prove({ kind: 'plot', plot }, { plots: new PlotPlace('/proc/none') });
    expect(judgePlot({ kind: 'plot', plot }, answer)).toMatchObject({ verdict: 'failed' });
  });

  test('looks random, so that nothing stores it in less, and no unit is another', () => {
    const unit = plotUnit(plot, 0);
    const counts = new Map<number, number>();
    for (const byte of unit) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThan(unit.length / 100);
    expect(plotUnit(plot, 1).equals(unit)).toBe(false);
    expect(plotUnit({ ...plot, seed: 'ee'.repeat(32) }, 0).equals(unit)).toBe(false);
  });
});

test('what is drawn is different numbers below the bound', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 1, max: 60 }), fc.nat(), (count, below, start) => {
      const chosen = drawn(count, below, seeded(start));
      expect(new Set(chosen).size).toBe(Math.min(count, below));
      expect(chosen.every((one) => one >= 0 && one < below)).toBe(true);
    }),
    { numRuns: cases(100) },
  );
});
