/** When and how far the owner lends; what is left out sets no bound. */
export interface LendingRules {
  /** Spans of the day in minutes since midnight; one whose end is before its begin runs over midnight. */
  readonly hours?: readonly { readonly from: number; readonly to: number }[];
  /** Lends also while the machine runs on its battery. Default: no. */
  readonly onBattery?: boolean;
  /** Degrees Celsius of the hottest sensor from which on nothing is lent. */
  readonly maxTemperatureC?: number;
  /** Load average of the last minute, per core, from which on lending shrinks. */
  readonly maxLoad?: number;
}

/** What was seen of the machine; what it can't tell is left out. */
export interface Readings {
  /** Minutes since midnight, the owner's time. */
  readonly minute: number;
  /** The owner said: pause now. */
  readonly paused: boolean;
  readonly onBattery?: boolean;
  readonly temperatureC?: number;
  /** Share of the time since the last reading, 0 to 1, in which something of the owner's waited for CPU or memory (PSI). */
  readonly cpuPressure?: number;
  readonly memoryPressure?: number;
  /** Share of all processors' time since the last reading in which they had nothing to do. */
  readonly idle?: number;
  readonly loadPerCore?: number;
}

export interface Share {
  /** Part of what is lent that guests get now, LEAST to 1. */
  readonly fraction: number;
  readonly why: string;
}

/** The kernel can't give nothing; with this a guest's clock and network stay alive. */
export const LEAST = 0.02;
/** Waiting this much of the time is felt; lending is halved at once. */
const FELT = 0.1;
/** Below this nobody is in want, and lending grows. */
const QUIET = 0.03;
/** With this much of the processors idle nobody waits for want of them, but for a quota: guests' own, or a container's. */
const SPARE = 0.1;
/** Of what is lent, a second: fifty seconds from nothing to all. */
const GROWTH_A_SECOND = 0.02;
/** Between FELT and QUIET it grows slower, so that a little waiting that never ends does not keep everything for ever. */
const SLOWER = 0.1;

/** What guests get now. Shrinks at once, grows slowly, never passes what the owner lends. Pure and total. */
export function decideShare(previous: Share, readings: Readings, rules: LendingRules, seconds: number): Share {
  const stop = stopReason(readings, rules);
  if (stop !== undefined) return { fraction: LEAST, why: stop };
  const want = wantOf(readings, rules);
  if (want?.felt) return { fraction: clamp(previous.fraction / 2), why: want.why };
  const pace = GROWTH_A_SECOND * (want === undefined ? SLOWER : 1);
  const fraction = clamp(previous.fraction + pace * Math.max(0, seconds));
  return { fraction, why: fraction === 1 ? 'all that is lent' : 'growing back' };
}

function stopReason({ paused, minute, onBattery, temperatureC }: Readings, rules: LendingRules): string | undefined {
  if (paused) return 'the owner paused this host';
  if (rules.hours && !rules.hours.some((span) => isWithin(minute, span)))
    return 'outside the hours that the owner lends';
  if (onBattery && !rules.onBattery) return 'the machine runs on its battery';
  if (rules.maxTemperatureC !== undefined && temperatureC !== undefined && temperatureC >= rules.maxTemperatureC)
    return `${temperatureC} °C, the owner lends up to ${rules.maxTemperatureC} °C`;
  return undefined;
}

/** `undefined` between the two thresholds. */
function wantOf(readings: Readings, { maxLoad }: LendingRules): { felt: boolean; why: string } | undefined {
  const { memoryPressure = 0, idle = 0 } = readings;
  const isShort = idle < SPARE;
  const cpuPressure = isShort ? (readings.cpuPressure ?? 0) : 0;
  const loadPerCore = isShort ? readings.loadPerCore : undefined;
  if (cpuPressure >= FELT) return { felt: true, why: `the owner's programs wait for CPU ${percent(cpuPressure)}` };
  if (memoryPressure >= FELT)
    return { felt: true, why: `the owner's programs wait for memory ${percent(memoryPressure)}` };
  if (maxLoad !== undefined && loadPerCore !== undefined && loadPerCore >= maxLoad)
    return { felt: true, why: `a load of ${loadPerCore.toFixed(1)} a core` };
  return Math.max(cpuPressure, memoryPressure) <= QUIET ? { felt: false, why: '' } : undefined;
}

function isWithin(minute: number, { from, to }: { from: number; to: number }): boolean {
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(LEAST, fraction));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} % of the time`;
}
