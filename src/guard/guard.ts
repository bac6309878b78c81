import { join } from 'node:path';
import { type Clock, systemClock } from '../system/clock.ts';
import { readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { type GuardCheck, runChecks } from './checks.ts';
import type { DigestCache } from './inspect.ts';
import { type LoadedManifest, loadManifest, type Manifest, manifestDigest, manifestPath } from './manifest.ts';
import { type Deviation, judge, type Verdict, verdictSchema } from './verdict.ts';
import { verify } from './verify.ts';

/** Every file is read whole at least this often, whatever its time stamps say: 10 minutes. */
const FULL_LOOK_MS = 600_000;

export interface GuardOptions {
  readonly home: Pick<Home, 'state'>;
  /** What to guard. Without it the kept one is; then the digest that it has at the first look must not change any more. */
  readonly manifest?: Manifest;
  readonly extraChecks?: readonly GuardCheck[];
  /** Between two looks. */
  readonly intervalMs: number;
  /** For each of the extra checks. Default 10,000. */
  readonly checkTimeoutMs?: number;
  onVerdict(verdict: Verdict, previous: Verdict | undefined): void | Promise<void>;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/** The guard (NGd): looks again and again until `signal` is aborted; each verdict is in `state/guard.json` before it is told. */
export async function runGuard(options: GuardOptions): Promise<void> {
  const { home, signal, clock = systemClock } = options;
  const look = guardLook(options);
  let previous: Verdict | undefined;
  while (!signal.aborted) {
    const verdict = await look();
    await writeJson(verdictPath(home), verdict);
    await options.onVerdict(verdict, previous);
    previous = verdict;
    await clock.sleep(options.intervalMs, signal);
  }
}

/** One look at a time at everything; it remembers which files it has read. */
export function guardLook(options: Omit<GuardOptions, 'onVerdict' | 'signal' | 'intervalMs'>): () => Promise<Verdict> {
  const { home, clock = systemClock, extraChecks = [] } = options;
  const cache: DigestCache = new Map();
  let lastFull = Number.NEGATIVE_INFINITY;
  let held =
    options.manifest === undefined
      ? undefined
      : { manifest: options.manifest, digest: manifestDigest(options.manifest) };

  return async () => {
    const began = performance.now();
    const now = clock.now();
    if (now - lastFull >= FULL_LOOK_MS || now < lastFull) {
      cache.clear();
      lastFull = now;
    }
    const kept = await loadManifest(home);
    if (held === undefined && kept.ok) held = kept;
    const [files, others] = await Promise.all([
      held === undefined ? undefined : verify(held.manifest, { cache, now }),
      runChecks(extraChecks, options.checkTimeoutMs ?? 10_000),
    ]);
    const deviations = [
      ...compareManifest(home, kept, held?.digest),
      ...(files?.deviations ?? []),
      ...others.deviations,
    ];
    const unchecked = [...(files?.unchecked ?? []), ...others.unchecked];
    // The manifest itself is no proof of anything: a guard that watches nothing finds nothing intact.
    const checks = (files?.checks ?? 0) + extraChecks.length;
    const ms = Math.round(performance.now() - began);
    return judge({ deviations, unchecked, checks, ms, manifest: held?.digest }, now);
  };
}

/** Absent, damaged or exchanged: never passed over, since without it nothing is known to be intact. */
function compareManifest(home: Pick<Home, 'state'>, kept: LoadedManifest, held: string | undefined): Deviation[] {
  const target = manifestPath(home);
  const expected = held === undefined ? 'the manifest of this host' : `manifest ${held}`;
  if (!kept.ok) return [{ target, expected, found: kept.found }];
  return kept.digest === held ? [] : [{ target, expected, found: `manifest ${kept.digest}` }];
}

export function verdictPath(home: Pick<Home, 'state'>): string {
  return join(home.state, 'guard.json');
}

/**
 * The last verdict, for who shows it. One older than `maxAgeMs`, damaged or absent says nothing about now: it is
 * `unknown`, with the reason.
 */
export async function readVerdict(home: Pick<Home, 'state'>, maxAgeMs: number, now = Date.now()): Promise<Verdict> {
  const path = verdictPath(home);
  const unknown = (reason: string): Verdict =>
    judge({ deviations: [], unchecked: [{ target: path, reason }], checks: 0, ms: 0 }, now);
  let verdict: Verdict | undefined;
  try {
    verdict = await readJson(path, verdictSchema);
  } catch (error) {
    return unknown((error as Error).message);
  }
  if (verdict === undefined) return unknown('the guard has not looked yet');
  const age = now - Date.parse(verdict.checkedAt);
  // A deviation stands until a look finds it gone.
  if (verdict.integrity === 'deviated' || (age <= maxAgeMs && age >= -maxAgeMs)) return verdict;
  return unknown(`the guard has not looked since ${verdict.checkedAt}`);
}
