import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decideShare,
  HOST_PATHS,
  kernelFiles,
  LEAST,
  type LendingRules,
  limitHolds,
  type Readings,
  readMachine,
  setShare,
} from '../../../src/hardening/index.ts';
import { rulesOf } from '../../../src/service/owner-share.ts';
import { cases } from '../../cases.ts';

const QUIET: Readings = { minute: 720, paused: false, cpuPressure: 0, memoryPressure: 0 };
const ALL = { fraction: 1, why: '' };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const readings: fc.Arbitrary<Readings> = fc.record(
  {
    minute: fc.integer({ min: 0, max: 1_439 }),
    paused: fc.boolean(),
    onBattery: fc.boolean(),
    temperatureC: fc.integer({ min: 0, max: 110 }),
    cpuPressure: share,
    memoryPressure: share,
    idle: share,
    loadPerCore: fc.double({ min: 0, max: 20, noNaN: true }),
  },
  { requiredKeys: ['minute', 'paused'] },
);
const span = fc.record({ from: fc.integer({ min: 0, max: 1_439 }), to: fc.integer({ min: 0, max: 1_439 }) });
const rules: fc.Arbitrary<LendingRules> = fc.record(
  {
    hours: fc.array(span, { minLength: 1, maxLength: 3 }),
    onBattery: fc.boolean(),
    maxTemperatureC: fc.integer({ min: 20, max: 100 }),
    maxLoad: fc.double({ min: 0.1, max: 8, noNaN: true }),
  },
  { requiredKeys: [] },
);

describe('the share that guests get now', () => {
  it('is not taken for waiting on a quota: guests’ own throttled processors are no want of the owner’s', () => {
    const throttled = { ...QUIET, cpuPressure: 0.9, loadPerCore: 4, idle: 0.7 };
    expect(decideShare({ fraction: 0.5, why: '' }, throttled, { maxLoad: 1 }, 1).fraction).toBeCloseTo(0.52);
    expect(decideShare({ fraction: 0.5, why: '' }, { ...throttled, idle: 0.02 }, {}, 1).fraction).toBe(0.25);
  });

  it('comes back also where somebody always waits a little', () => {
    let now = { fraction: LEAST, why: '' };
    for (let second = 0; second < 600; second++) now = decideShare(now, { ...QUIET, cpuPressure: 0.05 }, {}, 1);
    expect(now.fraction).toBe(1);
  });

  it('never passes what is lent, never grows while somebody waits, and never grows faster than it may', () => {
    fc.assert(
      fc.property(share, readings, rules, fc.double({ min: 0, max: 5, noNaN: true }), (from, seen, owner, seconds) => {
        const { fraction } = decideShare({ fraction: from, why: '' }, seen, owner, seconds);
        expect(fraction).toBeGreaterThanOrEqual(LEAST);
        expect(fraction).toBeLessThanOrEqual(1);
        const start = Math.max(LEAST, from);
        expect(fraction).toBeLessThanOrEqual(start + 0.02 * seconds + 1e-9);
        if ((seen.cpuPressure ?? 0) >= 0.1 && (seen.idle ?? 0) < 0.1)
          expect(fraction).toBeLessThanOrEqual(Math.max(LEAST, start / 2) + 1e-9);
        if (seen.paused || (seen.onBattery && !owner.onBattery)) expect(fraction).toBe(LEAST);
      }),
      { numRuns: cases(300) },
    );
  });

  it('is gone within two seconds of want, and back in under a minute of quiet', () => {
    let now = ALL;
    for (let second = 0; second < 6; second++) now = decideShare(now, { ...QUIET, cpuPressure: 0.4 }, {}, 1);
    expect(now.fraction).toBe(LEAST);
    expect(
      decideShare(decideShare(ALL, { ...QUIET, cpuPressure: 0.4 }, {}, 1), { ...QUIET, cpuPressure: 0.4 }, {}, 1),
    ).toMatchObject({ fraction: 0.25, why: "the owner's programs wait for CPU 40 % of the time" });
    let seconds = 0;
    for (; now.fraction < 1; seconds++) now = decideShare(now, QUIET, {}, 1);
    expect(seconds).toBeLessThan(55);
  });

  it('keeps the owner’s hours, also over midnight', () => {
    const night = rulesOf({ lend: { hours: ['22:00-07:30'] } });
    const at = (minute: number) => decideShare(ALL, { ...QUIET, minute }, night, 1).fraction;
    expect([22 * 60, 0, 7 * 60 + 29].map(at)).toEqual([1, 1, 1]);
    expect([7 * 60 + 30, 12 * 60, 22 * 60 - 1].map(at)).toEqual([LEAST, LEAST, LEAST]);
  });

  it('heeds temperature and load where the owner set a bound', () => {
    const of = (seen: Partial<Readings>, owner: LendingRules) => decideShare(ALL, { ...QUIET, ...seen }, owner, 1);
    expect(of({ temperatureC: 90 }, {}).fraction).toBe(1);
    expect(of({ temperatureC: 90 }, { maxTemperatureC: 85 }).why).toBe('90 °C, the owner lends up to 85 °C');
    expect(of({ loadPerCore: 2 }, { maxLoad: 1.5 }).fraction).toBe(0.5);
  });
});

describe('on a host', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'logos-share-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };

  it('reads pressure of the owner’s groups, temperature, load and battery', async () => {
    const paths = { ...HOST_PATHS, sys: join(root, 'sys'), proc: join(root, 'proc'), cgroup: join(root, 'cgroup') };
    const psi = (total: number): string =>
      `some avg10=1.00 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 total=0\n`;
    await put('cgroup/user.slice/cpu.pressure', psi(1_000_000));
    // The larger counter is that of a group that waits no more.
    await put('cgroup/system.slice/cpu.pressure', psi(900_000_000));
    await put('proc/stat', 'cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n');
    await put('proc/pressure/memory', psi(5));
    await put('proc/loadavg', '3.00 1.00 1.00 1/100 7\n');
    await put('sys/class/thermal/thermal_zone0/temp', '41000\n');
    await put('sys/class/thermal/thermal_zone1/temp', '77500\n');
    await put('sys/class/power_supply/BAT0/type', 'Battery\n');
    await put('sys/class/power_supply/BAT0/status', 'Discharging\n');
    await put('sys/class/power_supply/mouse/type', 'Battery\n');
    await put('sys/class/power_supply/mouse/scope', 'Device\n');
    const first = await readMachine(paths, kernelFiles, 2, undefined, 1_000);
    expect(first.readings).toEqual({
      cpuPressure: undefined,
      memoryPressure: undefined,
      idle: undefined,
      loadPerCore: 1.5,
      temperatureC: 77.5,
      onBattery: true,
    });
    await put('cgroup/user.slice/cpu.pressure', psi(1_250_000));
    await put('proc/stat', 'cpu  140 0 110 740 110 0 0 0 0 0\n');
    const second = await readMachine(paths, kernelFiles, 2, first.counters, 2_000);
    expect(second.readings).toMatchObject({ cpuPressure: 0.25, memoryPressure: 0, idle: 0.5 });
  });

  it('writes the quota of our group, leaves its period, and still counts as held', async () => {
    const setting = (file: string, value: string) => ({ file, value, optional: false });
    await put('v2/cpu.max', '150000 100000');
    await put('v1/cpu.cfs_quota_us', '50000');
    const groups = [
      { directory: join(root, 'v2'), controllers: ['cpu' as const], settings: [setting('cpu.max', '150000 100000')] },
      { directory: join(root, 'v1'), controllers: ['cpu' as const], settings: [setting('cpu.cfs_quota_us', '50000')] },
      { directory: join(root, 'gone'), controllers: ['cpu' as const], settings: [setting('cpu.max', '1 1')] },
    ];
    await setShare({ groups }, LEAST, kernelFiles);
    const now = async () => [
      await readFile(join(root, 'v2/cpu.max'), 'utf8'),
      await readFile(join(root, 'v1/cpu.cfs_quota_us'), 'utf8'),
    ];
    expect(await now()).toEqual(['3000 100000', '1000']);
    expect(limitHolds('cpu.max', '150000 100000', '3000 100000')).toBe(true);
    await setShare({ groups }, 1, kernelFiles);
    expect(await now()).toEqual(['150000 100000', '50000']);
  });

  it.each([
    ['cpu.max', '150000 100000', '150001 100000'],
    ['cpu.max', '150000 100000', '3000 10000'],
    ['cpu.max', '150000 100000', 'max 100000'],
    ['cpu.cfs_quota_us', '50000', '-1'],
    ['memory.max', '1000', '900'],
  ])('but %s at %s does not hold with %s', (file, lent, found) => {
    expect(limitHolds(file, lent, found)).toBe(false);
  });
});
