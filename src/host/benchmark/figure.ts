import { dispersion, median, quantile } from './statistics.ts';

/** Windows that agree to this (see `dispersion`) make a stable figure. */
export const TARGET_DISPERSION = 0.03;
/** Fewer windows than this say nothing about how far they agree. */
export const MIN_WINDOWS = 15;

/** One measured quantity of this machine. */
export interface Figure {
  /** Median over the windows. */
  score: number;
  unit: string;
  /** Whether the score is work for each second of CPU time (a busy machine does not change it) or for each second of wall time. */
  perCpuSecond: boolean;
  /** CPU time ÷ wall time delivered while measuring, 0 to 1: how free the machine was. `null` where CPU time has no meaning. */
  share: number | null;
  /** How many windows were taken. */
  windows: number;
  /** 1.4826 × median absolute deviation ÷ median of the windows; `null` when it can't be given. */
  dispersion: number | null;
  /** Lower quartile of the windows: what is counted on when the figure is unstable. */
  low: number;
  state: 'stable' | 'unstable';
  /** Why it can't be trusted. */
  why?: string;
}

/** One short window: a rate, and the CPU and wall seconds it took. */
export interface Window {
  rate: number;
  cpuSeconds: number;
  wallSeconds: number;
}

/** Sums up windows into a figure; few windows or windows that disagree make it unstable, with the reason. */
export function figureOf(
  windows: readonly Window[],
  options: { unit: string; perCpuSecond: boolean; target?: number },
): Figure {
  const { unit, perCpuSecond, target = TARGET_DISPERSION } = options;
  if (windows.length === 0) return unmeasured(unit, perCpuSecond, 'no window ended in time');
  const rates = windows.map((window) => window.rate);
  const wall = windows.reduce((sum, window) => sum + window.wallSeconds, 0);
  const cpu = windows.reduce((sum, window) => sum + window.cpuSeconds, 0);
  const share = perCpuSecond && wall > 0 ? round(Math.min(1, cpu / wall)) : null;
  const spread = dispersion(rates);
  const why = distrust(windows.length, spread, share, target);
  return {
    score: round(median(rates)),
    unit,
    perCpuSecond,
    share,
    windows: windows.length,
    dispersion: Number.isFinite(spread) ? round(spread) : null,
    low: round(quantile(rates, 0.25)),
    state: why === undefined ? 'stable' : 'unstable',
    ...(why === undefined ? {} : { why }),
  };
}

/** A figure that could not be taken at all: nothing is counted on. */
export function unmeasured(unit: string, perCpuSecond: boolean, why: string): Figure {
  return {
    score: 0,
    unit,
    perCpuSecond,
    share: null,
    windows: 0,
    dispersion: null,
    low: 0,
    state: 'unstable',
    why,
  };
}

function distrust(windows: number, spread: number, share: number | null, target: number): string | undefined {
  if (windows < MIN_WINDOWS) {
    const busy = share !== null && share < 0.5 ? `: only ${percent(share)} of the CPU time was delivered` : '';
    return `only ${windows} of ${MIN_WINDOWS} windows ended in time${busy}`;
  }
  if (!(spread <= target)) {
    return `its ${windows} windows differ by ${percent(spread)} (1.4826 × MAD ÷ median; at most ${percent(target)})`;
  }
  return undefined;
}

/** Four significant digits are more than any of these figures is good for. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${(value * 100).toFixed(1)} %` : 'all of it';
}
