import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Deviation, Verdict } from '../../../../src/guard/index.ts';
import { isTellable } from '../../../../src/service/ngd/act.ts';
import { manifestsTaken } from '../../../../src/service/ngd/answer-attest.ts';
import { Confirmation } from '../../../../src/service/ngd/confirm.ts';
import { confirmCut, readCut, saveCut } from '../../../../src/service/ngd/cut.ts';
import { expectedListing } from '../../../../src/service/ngd/live-checks.ts';
import { toSay } from '../../../../src/service/ngd/to-say.ts';
import { rulesDigest } from '../../../../src/service/rules.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';

const deviation = (target: string, expected = 'a'): Deviation => ({ target, expected, found: 'b' });
function verdict(...deviations: Deviation[]): Verdict {
  const integrity = deviations.length === 0 ? 'intact' : 'deviated';
  return { integrity, deviations, unchecked: [], checkedAt: '2026-11-23T11:00:00.000Z', checks: 1, ms: 100 };
}

describe('what the chain is told', () => {
  let home: Home;
  beforeEach(async () => {
    home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-say-')) });
    await mkdir(home.state, { recursive: true });
    onTestFinished(() => rm(home.root, { recursive: true, force: true }));
  });
  const said = async (seen: { verdict?: Verdict; ageMs?: number; isConfirmed?: boolean }) =>
    (await toSay(home, { verdict: verdict(), ageMs: 0, isConfirmed: false, ...seen }))?.intact;
  const cut = { at: verdict().checkedAt, because: ['x'] };

  it('is that all is well, by a verdict of now', async () => {
    expect(await said({})).toBe(true);
    expect(await said({ verdict: verdict(deviation('host policy on chain')) })).toBe(true);
    expect(await said({ ageMs: 30_001 })).toBeUndefined();
    expect(await said({ verdict: { ...verdict(), integrity: 'unknown' } })).toBeUndefined();
  });

  it('is bad news only once they are sure, and then again and again', async () => {
    expect(await said({ verdict: verdict(deviation('/x')) })).toBeUndefined();
    expect(await said({ verdict: verdict(deviation('/x')), isConfirmed: true })).toBe(false);
    expect(await said({ isConfirmed: true })).toBe(false);
  });

  it('is never that all is well while a cut stands; one that was sure is told after a restart too', async () => {
    await confirmCut(home);
    expect(await readCut(home)).toBeUndefined();
    await saveCut(home, cut);
    expect(await said({})).toBeUndefined();
    await confirmCut(home);
    expect(await readCut(home)).toEqual({ ...cut, confirmed: true });
    expect(await said({})).toBe(false);
    await mkdir(home.guard, { recursive: true });
    await writeFile(join(home.guard, 'cut.json'), 'damaged');
    expect(await said({})).toBeUndefined();
  });

  it('does not fail where the record of what is in force is damaged', async () => {
    await writeFile(join(home.state, 'policy.json'), 'damaged');
    expect(await said({})).toBeUndefined();
    expect(await toSay(home, { verdict: undefined, ageMs: 0, isConfirmed: true })).toEqual({
      manifest: rulesDigest({}),
      intact: false,
    });
  });
});

describe('a deviation is sure', () => {
  function looks(counts = isTellable) {
    let now = 0;
    let found: Deviation[] = [];
    const confirmation = new Confirmation(counts, () => now);
    const check = confirmation.counted({ name: 'live', run: async () => found });
    return {
      confirmation,
      at: async (ms: number, ...deviations: Deviation[]) => {
        now = ms;
        found = deviations;
        await check.run(new AbortController().signal);
        return confirmation.isConfirmed;
      },
      heed: (ms: number, ...deviations: Deviation[]) => {
        now = ms;
        confirmation.heed(verdict(...deviations));
        return confirmation.isConfirmed;
      },
    };
  }

  it('when a second look a second later finds it too, and stays so', async () => {
    const { at } = looks();
    expect([await at(0, deviation('x')), await at(999, deviation('x')), await at(1_000, deviation('x'))]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await at(1_500)).toBe(true);
  });

  it('not when it was gone in between, or is another one', async () => {
    const { at } = looks();
    await at(0, deviation('x'));
    await at(500);
    expect([await at(1_200, deviation('x')), await at(1_700, deviation('y'))]).toEqual([false, false]);
  });

  it('not when what stands from the first look is told again', async () => {
    const { at, heed } = looks();
    await at(0, deviation('x'));
    expect([heed(10, deviation('x')), heed(2_000, deviation('x'))]).toEqual([false, false]);
  });

  it('in files, when two verdicts say so', () => {
    const { heed } = looks();
    expect([heed(0, deviation('/x')), heed(1_050, deviation('/x')), heed(1_100, deviation('/x'))]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('never when it is rules of the chain to apply, or other times and links of a file', async () => {
    const { at } = looks();
    const slight = [deviation('/x', 'no change (touched)'), deviation('/y', 'no change (links)')];
    for (const ms of [0, 2_000, 4_000]) {
      expect(await at(ms, ...slight, deviation('firewall on chain'), deviation('guest sizes on chain'))).toBe(false);
    }
  });
});

it('a manifest that may run out before an attestation is in a block is not attested', () => {
  const bond = { manifest: '0xbb', former: { manifest: '0xaa', until: 1_000 } } as const;
  expect(manifestsTaken(bond, 935, 64)).toEqual(['0xbb', '0xaa']);
  expect(manifestsTaken(bond, 936, 64)).toEqual(['0xbb']);
  expect(manifestsTaken(bond, 936)).toEqual(['0xbb']);
  expect(manifestsTaken({}, 936)).toEqual([]);
});

it('the firewall is held to what the chain makes of it only where it is the very one that was applied', () => {
  const applied = { policy: 'p', unsupported: [], firewall: { table: 't', definition: 'old', listing: 'was' } };
  const listing = (definition: string) =>
    expectedListing(applied as unknown as Parameters<typeof expectedListing>[0], {
      policy: 'p',
      sysctls: [],
      artifacts: [],
      missing: [],
      firewall: { definition, listing: 'proven' },
    });
  expect([listing('old'), listing('new')]).toEqual(['proven', 'was']);
});
