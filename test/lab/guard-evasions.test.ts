import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Attacker, attackerLacks, startAttacker } from '../../lab/evasions/attacker.ts';
import { type EvasionCase, FILE_CASES, OFF_CASES, QUIET_CASES, SWEPT } from '../../lab/evasions/cases.ts';
import { type EvasionGround, layGround } from '../../lab/evasions/ground.ts';
import { type GuardRun, runGuard, startWatch } from '../../lab/evasions/guard.ts';
import { prepareAll, strikeAll, strikeUnderWatch, told } from '../../lab/evasions/measure.ts';
import { PROCESS_CASES, underClock } from '../../lab/evasions/process-cases.ts';

let ground: EvasionGround | undefined;
let attacker: Attacker | undefined;

beforeEach((ctx) => {
  const lacks = attackerLacks();
  if (lacks) ctx.skip(lacks);
});
afterEach(async () => {
  await attacker?.stop();
  ground?.dispose();
  [attacker, ground] = [undefined, undefined];
});

/** Victims of the cases, attackers that were there before, and then the baseline. */
async function stage(cases: readonly EvasionCase[]) {
  const laid = layGround(cases, 1);
  const evil = startAttacker();
  [ground, attacker] = [laid, evil];
  await prepareAll(evil, laid, cases);
  const baseline = join(laid.base, 'baseline');
  const { status, lines } = await runGuard(['baseline', ...laid.directories, '-o', baseline]);
  expect({ status, last: status === 0 ? undefined : lines.at(-1) }).toEqual({ status: 0 });
  return { ground: laid, attacker: evil, baseline, scratch: join(laid.base, 'outside') };
}

/** What a check says of a tree that nobody changed. */
async function quiet(baseline: string): Promise<unknown[]> {
  const { status, lines, stderr } = await runGuard(['check', baseline]);
  const said = lines.filter(({ event }) => event !== 'result').map(({ at: _at, ...line }) => line);
  return status === 0 ? said : [...said, { status, stderr }];
}

/** Which of the cases no line is about. */
function untold(run: Pick<GuardRun, 'lines'>, at: EvasionGround, cases: readonly EvasionCase[]): string[] {
  return cases.filter(({ name }) => told(run.lines, at, name) === undefined).map(({ name }) => name);
}

describe('evasions', () => {
  it.for([
    { what: 'that leave a trace', cases: FILE_CASES.filter(({ name }) => !SWEPT.has(name)), patienceMs: 20_000 },
    { what: 'that only a sweep can tell', cases: FILE_CASES.filter(({ name }) => SWEPT.has(name)), patienceMs: 60_000 },
  ])('$what are all seen by the watch', async ({ cases, patienceMs }) => {
    const set = await stage(cases);
    const watch = await startWatch(set.baseline);
    try {
      expect(watch.lines.filter((line) => line.event === 'deviation')).toEqual([]);
      const found = await strikeUnderWatch(watch, set.attacker, set.ground, cases, patienceMs);
      for (const { name, ms, layers, kinds } of found)
        console.log(`${name}: ${ms.map(Math.round)} ms, ${Object.keys(layers)}, ${kinds}`);
      expect(found.filter(({ caught }) => caught === 0).map(({ name }) => name)).toEqual([]);
      expect(await watch.stop()).toBe(1);
    } finally {
      await watch.stop();
    }
  });

  it('are all seen by a check afterwards, and by nothing but their own lines', async () => {
    const set = await stage(FILE_CASES);
    expect(await quiet(set.baseline)).toEqual([]);
    await strikeAll(set.attacker, set.ground, FILE_CASES);
    const run = await runGuard(['check', set.baseline]);
    expect(untold(run, set.ground, FILE_CASES)).toEqual([]);
    expect(run.status).toBe(1);
    const strangers = run.lines.filter((line) => line.event === 'deviation' && line.path?.endsWith('/bystander'));
    // With its directory a bystander may be another file, too.
    expect(strangers.filter(({ path }) => !path?.includes('directory'))).toEqual([]);
  });

  it('while no guard runs are seen by the next check, and by the next watch before it is ready', async () => {
    const set = await stage(OFF_CASES);
    const [tree, disk] = OFF_CASES.map(({ name }) => set.ground.places(name)[0]);
    if (!tree || !disk) throw new Error('no victims');
    const before = statSync(disk.target, { bigint: true });
    await set.attacker.strike('forged-mtime', tree);
    await set.ground.offline(() => set.attacker.strike('offline-block', disk));
    const after = statSync(disk.target, { bigint: true });
    expect([after.ctimeNs, after.mtimeNs, after.ino]).toEqual([before.ctimeNs, before.mtimeNs, before.ino]);
    expect(untold(await runGuard(['check', set.baseline]), set.ground, OFF_CASES)).toEqual([]);
    const watch = await startWatch(set.baseline);
    expect(untold(watch, set.ground, OFF_CASES)).toEqual([]);
    expect(await watch.stop()).toBe(1);
  });

  it('of the baseline itself are seen', async () => {
    const set = await stage(OFF_CASES);
    const watch = await startWatch(set.baseline);
    const bytes = readFileSync(set.baseline);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    writeFileSync(set.baseline, bytes);
    expect(await watch.find((line) => line.kind === 'tampered', 15_000)).toBeDefined();
    await watch.stop();
    expect((await runGuard(['check', set.baseline])).status).toBe(1);
  });
});

describe('attacks on the guard', () => {
  /** None of them touches what is guarded. */
  let shared: Awaited<ReturnType<typeof stage>> | undefined;
  afterAll(async () => {
    await shared?.attacker.stop();
    shared?.ground.dispose();
  });

  it.for(PROCESS_CASES)('$title', async ({ lacks, run }, ctx) => {
    const lacking = lacks?.();
    if (lacking) ctx.skip(lacking);
    shared ??= await stage(OFF_CASES);
    [ground, attacker] = [undefined, undefined];
    const seen = await run(shared);
    console.log(JSON.stringify(seen));
    expect(seen).toBeDefined();
  });
});

describe('what is no change', () => {
  it('is told of by neither watch nor check, nor after the guard is started anew', async () => {
    const set = await stage(QUIET_CASES);
    const watch = await startWatch(set.baseline);
    await strikeAll(set.attacker, set.ground, QUIET_CASES);
    await watch.find(() => false, 3_000);
    expect(watch.lines.filter((line) => line.event === 'deviation')).toEqual([]);
    expect(await watch.stop()).toBe(0);
    expect(await quiet(set.baseline)).toEqual([]);
    const again = await startWatch(set.baseline);
    expect(await again.stop()).toBe(0);
  });

  it('is a step of the clock as NTP makes it', async (ctx) => {
    const lacking = PROCESS_CASES.find(({ name }) => name === 'clock-back')?.lacks?.();
    if (lacking) ctx.skip(lacking);
    const set = await stage(OFF_CASES);
    const lines = await underClock(set, async (watch, step) => {
      for (const seconds of ['+0.4', '-0.4', '+0.9']) {
        step(seconds);
        await watch.find(() => false, 1_200);
      }
      return watch.lines;
    });
    // That it is preloaded with the library that fakes the clock, the guard does tell.
    expect(lines.filter((line) => line.event === 'deviation' && line.kind !== 'tampered')).toEqual([]);
  });
});
