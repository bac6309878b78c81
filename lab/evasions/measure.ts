import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attacker, Place } from './attacker.ts';
import { type EvasionCase, SWEPT } from './cases.ts';
import type { EvasionGround } from './ground.ts';
import type { GuardLine, RunningWatch } from './guard.ts';

/** What the watch made of one case. */
export interface Caught {
  readonly name: string;
  readonly repetitions: number;
  /** How many of them were told of. */
  readonly caught: number;
  /** From the change to the line on the observer's side, in milliseconds, a repetition each. */
  readonly ms: readonly number[];
  /** The layer that told first, and how often. */
  readonly layers: Readonly<Record<string, number>>;
  readonly kinds: readonly string[];
}

/** A line about the victim's own directory, or about what is in it. */
function isAbout(line: GuardLine, { target }: Place): boolean {
  const directory = dirname(target);
  return line.event === 'deviation' && (line.path === directory || line.path?.startsWith(`${directory}/`) === true);
}

/** The first line about each victim of a case; `undefined` when one of them has none. */
export function told(lines: readonly GuardLine[], ground: EvasionGround, name: string): GuardLine | undefined {
  const found = ground.places(name).map((place) => lines.find((line) => isAbout(line, place)));
  return found.includes(undefined) ? undefined : found[0];
}

/** Before the baseline: what attackers hold from the time before. */
export async function prepareAll(
  attacker: Attacker,
  ground: EvasionGround,
  cases: readonly EvasionCase[],
): Promise<void> {
  for (const { name } of cases) for (const place of ground.places(name)) await attacker.prepare(name, place);
}

/** Strikes everywhere and looks at nothing. */
export async function strikeAll(
  attacker: Attacker,
  ground: EvasionGround,
  cases: readonly EvasionCase[],
): Promise<void> {
  for (const { name } of cases) for (const place of ground.places(name)) await attacker.strike(name, place);
}

/**
 * Strikes at each place of the cases once, under a watch, and waits until the watch told of it (`patienceMs` at most). What only
 * a sweep can see takes as long as a round of the sweep, so those strikes do not wait for each other.
 */
export async function strikeUnderWatch(
  watch: RunningWatch,
  attacker: Attacker,
  ground: EvasionGround,
  cases: readonly EvasionCase[],
  patienceMs: number,
): Promise<Caught[]> {
  const waits = new Map<string, Promise<Found>[]>();
  for (const { name } of [...cases].sort((one, other) => Number(SWEPT.has(one.name)) - Number(SWEPT.has(other.name)))) {
    for (const place of ground.places(name)) {
      const from = await attacker.strike(name, place);
      const wait = watch.find((line) => isAbout(line, place), patienceMs).then((line) => ({ line, from }));
      waits.set(name, [...(waits.get(name) ?? []), wait]);
      // At no fixed beat, so that a sweep's beat is met anywhere.
      await (SWEPT.has(name) ? pause(Math.random() * 500) : wait);
    }
  }
  return Promise.all(cases.map(async ({ name }) => summed(name, await Promise.all(waits.get(name) ?? []))));
}

interface Found {
  readonly line: GuardLine | undefined;
  readonly from: bigint;
}

function summed(name: string, found: readonly Found[]): Caught {
  const lines = found.flatMap(({ line, from }) => (line ? [{ line, ms: Number(line.at - from) / 1e6 }] : []));
  const layers: Record<string, number> = {};
  for (const { line } of lines) layers[`${line.layer}`] = (layers[`${line.layer}`] ?? 0) + 1;
  return {
    name,
    repetitions: found.length,
    caught: lines.length,
    ms: lines.map(({ ms }) => ms),
    layers,
    kinds: [...new Set(lines.map(({ line }) => `${line.kind}`))].sort(),
  };
}
