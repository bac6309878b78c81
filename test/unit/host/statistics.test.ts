import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figureOf, MIN_WINDOWS, unmeasured } from '../../../src/host/benchmark/figure.ts';
import { dispersion, median, quantile } from '../../../src/host/benchmark/statistics.ts';

const rates = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
const windowsOf = (values: readonly number[], share = 1) =>
  values.map((rate) => ({ rate, cpuSeconds: 0.05, wallSeconds: 0.05 / share }));

describe('statistics', () => {
  test('are those of known samples', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(median([])).toBeNaN();
    expect(dispersion([1, 1, 1, 1, 1])).toBe(0);
    expect(dispersion([9, 10, 10, 11, 12])).toBeCloseTo(0.148, 3);
    expect(dispersion([])).toBe(Number.POSITIVE_INFINITY);
  });

  test('a minority of spoilt windows moves neither median nor dispersion far', () => {
    const clean = Array.from({ length: 20 }, (_, index) => 100 + (index % 5) / 10);
    const spoilt = [...clean, 1, 2, 3, 4, 5];
    expect(median(spoilt)).toBeCloseTo(median(clean), 0);
    expect(dispersion(spoilt)).toBeLessThan(0.01);
  });

  test('do not depend on the order of the windows', () => {
    fc.assert(
      fc.property(rates, (values) => {
        expect(median([...values].reverse())).toBe(median(values));
        expect(dispersion([...values].reverse())).toBe(dispersion(values));
      }),
    );
  });
});

describe('figureOf', () => {
  const options = { unit: 'Mround/s', perCpuSecond: true };

  test('agreeing windows are stable, whatever share of time was delivered', () => {
    const figure = figureOf(
      windowsOf(
        Array.from({ length: MIN_WINDOWS }, () => 200),
        0.25,
      ),
      options,
    );
    expect(figure).toMatchObject({ score: 200, share: 0.25, windows: MIN_WINDOWS, dispersion: 0, state: 'stable' });
    expect(figure).not.toHaveProperty('why');
  });

  test('too few windows are unstable, and the reason names the busy machine', () => {
    const figure = figureOf(windowsOf([200, 200], 0.1), options);
    expect(figure.state).toBe('unstable');
    expect(figure.why).toBe('only 2 of 15 windows ended in time: only 10.0 % of the CPU time was delivered');
  });

  test('windows that disagree are unstable and are counted by their lower quartile', () => {
    const figure = figureOf(windowsOf(Array.from({ length: 40 }, (_, index) => (index % 2 ? 100 : 200))), options);
    expect(figure).toMatchObject({ score: 150, low: 100, state: 'unstable' });
    expect(figure.why).toContain('49.4 %');
  });

  test('no window at all counts nothing', () => {
    expect(figureOf([], options)).toEqual(unmeasured('Mround/s', true, 'no window ended in time'));
  });

  test('the conservative value is never above the score', () => {
    fc.assert(
      fc.property(rates, (values) => {
        const figure = figureOf(windowsOf(values), options);
        expect(figure.low).toBeLessThanOrEqual(figure.score);
      }),
    );
  });
});
