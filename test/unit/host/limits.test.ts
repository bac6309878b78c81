import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALWAYS_KEPT, ownerLimits } from '../../../src/host/limits.ts';

const machine = (usable: number, usableMiB: number) => ({ cpu: { usable }, memory: { usableMiB } });

describe('ownerLimits', () => {
  test('lends half by default', () => {
    expect(ownerLimits(machine(8, 16_384), {}, 100_000)).toEqual({
      cpuShare: 0.5,
      cpuCores: 4,
      memoryMiB: 8_192,
      diskMiB: 50_000,
      kept: { cpuCores: 4, memoryMiB: 8_192, diskMiB: 50_000 },
      notes: [],
    });
  });

  test('keeps at least one core and 2 GiB, and says so', () => {
    const limits = ownerLimits(machine(2, 3_072), { lend: { cpuShare: 1, memoryShare: 1 } });
    expect(limits).toMatchObject({ cpuCores: 1, memoryMiB: 1_024, kept: { cpuCores: 1, memoryMiB: 2_048 } });
    expect(limits.notes).toEqual([
      'at least 1 CPU thread stay with the owner',
      'at least 2048 MiB of memory stay with the owner',
    ]);
  });

  test('a machine that is too small to share lends nothing', () => {
    expect(ownerLimits(machine(1, 1_024))).toMatchObject({ cpuShare: 0, cpuCores: 0, memoryMiB: 0, diskMiB: 0 });
  });

  test('for any machine and wish: lent and kept make the whole, and the floor stays', () => {
    const share = fc.option(fc.double({ min: -1, max: 2, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1024 }).map((quarters) => quarters / 4),
        fc.nat(4_000_000),
        fc.nat(10_000_000),
        fc.record({ cpuShare: share, memoryShare: share, diskShare: share }),
        (cores, memoryMiB, disk, lend) => {
          const limits = ownerLimits(machine(cores, memoryMiB), { lend }, disk);
          const whole = { cpuCores: cores, memoryMiB, diskMiB: disk };
          for (const name of ['cpuCores', 'memoryMiB', 'diskMiB'] as const) {
            expect(limits[name]).toBeGreaterThanOrEqual(0);
            expect(limits[name] + limits.kept[name]).toBeCloseTo(whole[name]);
            expect(limits.kept[name]).toBeGreaterThanOrEqual(Math.min(whole[name], ALWAYS_KEPT[name]));
          }
          expect(limits.cpuShare).toBeGreaterThanOrEqual(0);
          expect(limits.cpuShare).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
