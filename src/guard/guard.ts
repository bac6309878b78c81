import { join } from 'node:path';
import { type Clock, systemClock } from '../system/clock.ts';
import { readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { GuardCheck } from './checks.ts';
import type { DigestCache } from './inspect.ts';
import { type LoadedManifest, loadManifest, type Manifest, manifestDigest, manifestPath } from './manifest.ts';
import { PacedChecks } from './paced.ts';
import { type Deviation, judge, type Verdict, verdictSchema } from './verdict.ts';
import { verify } from './verify.ts';
import { watchFiles } from './watch-files.ts';

/** Every file is read whole at least this often, whatever its time stamps say: 10 minutes. */
const FULL_LOOK_MS = 600_000;
/** A verdict that says the same as the one before is written again after this time, so that its age shows that the guard lives. */
const SAY_AGAIN_MS = 5_000;

export interface GuardOptions {
  readonly home: Pick<Home, 'state'>;
  /** What to guard. Without it the kept one is; then the digest that it has at the first look must not change any more. */
  readonly manifest?: Manifest;
  readonly extraChecks?: readonly GuardCheck[];
  /** Between two looks, while nothing is heard of a change. */
  readonly intervalMs: number;
  /** Between two looks at the files while nothing is heard of a change. Default: at each look. */
  readonly filesEveryMs?: number;
  /** For each of the extra checks. Default 10,000. */
  readonly checkTimeoutMs?: number;
  onVerdict(verdict: Verdict, previous: Verdict | undefined): void | Promise<void>;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/**
 * The guard (NGd): looks again and again, and at once when it hears of a change, until `signal` is aborted. Each verdict is
 * told; in `state/guard.json` before that stands what it says.
 */
export async function runGuard(options: GuardOptions): Promise<void> {
  const { home, signal, clock = systemClock } = options;
  const guard = openGuard(options);
  const bell = new Bell();
  guard.watch(() => bell.ring(), signal);
  let previous: Verdict | undefined;
  let written = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const verdict = await guard.look();
    if (guard.isBeginning() && verdict.integrity !== 'deviated') {
      // What deviates is told at once; that all is well only once all was looked at.
      await clock.sleep(options.intervalMs, AbortSignal.any([signal, bell.listen()]));
      continue;
    }
    if (!saysTheSame(verdict, previous) || performance.now() - written >= SAY_AGAIN_MS) {
      // A full disk must not end the guard: who is told hears it all the same.
      await writeJson(verdictPath(home), verdict).catch(() => {});
      written = performance.now();
    }
    await options.onVerdict(verdict, previous);
    previous = verdict;
    await clock.sleep(options.intervalMs, AbortSignal.any([signal, bell.listen()]));
  }
}

/** One look at a time at everything; it remembers which files it has read. */
export function guardLook(options: Omit<GuardOptions, 'onVerdict' | 'signal' | 'intervalMs'>): () => Promise<Verdict> {
  return openGuard(options).look;
}

interface OpenGuard {
  look(): Promise<Verdict>;
  /** Whether some checks have no result yet. */
  isBeginning(): boolean;
  /** Tells `wake` of each change that is heard of. */
  watch(wake: () => void, signal: AbortSignal): void;
}

function openGuard(options: Omit<GuardOptions, 'onVerdict' | 'signal' | 'intervalMs'>): OpenGuard {
  const { home, clock = systemClock, extraChecks = [], filesEveryMs = 0 } = options;
  const checks = new PacedChecks(extraChecks, options.checkTimeoutMs ?? 10_000);
  const cache: DigestCache = new Map();
  let lastFull = Number.NEGATIVE_INFINITY;
  let held =
    options.manifest === undefined
      ? undefined
      : { manifest: options.manifest, digest: manifestDigest(options.manifest) };
  let files: { at: number; kept: LoadedManifest; found: Verdict | undefined } | undefined;
  let watched: { wake(): void; signal: AbortSignal } | undefined;
  /** Changes that were heard of. */
  let heard = 0;

  /** The files and the manifest itself, when it is time or something was heard of. */
  const lookAtFiles = async (now: number): Promise<NonNullable<typeof files>> => {
    const at = performance.now();
    const isQuiet = files?.kept.ok && files.found?.integrity === 'intact';
    if (files !== undefined && isQuiet && at - files.at < filesEveryMs) return files;
    if (at - lastFull >= FULL_LOOK_MS) {
      cache.clear();
      lastFull = at;
    }
    const kept = await loadManifest(home);
    if (held === undefined && kept.ok) held = kept;
    if (held !== undefined && watched !== undefined) {
      const { wake, signal } = watched;
      watched = undefined;
      const changed = (): void => {
        heard += 1;
        files = undefined;
        wake();
      };
      watchFiles([manifestPath(home), ...held.manifest.entries.map(({ path }) => path)], changed, signal);
    }
    const before = heard;
    const looked = { at, kept, found: held === undefined ? undefined : await verify(held.manifest, { cache, now }) };
    // What changed meanwhile may have been read before it did.
    files = heard === before ? looked : undefined;
    return looked;
  };

  return {
    isBeginning: () => checks.isBeginning,
    watch: (wake, signal) => {
      watched = { wake, signal };
      checks.watch(wake, signal);
    },
    look: async () => {
      const began = performance.now();
      const now = clock.now();
      const [{ kept, found }, others] = await Promise.all([lookAtFiles(now), checks.run(began)]);
      const deviations = [
        ...compareManifest(home, kept, held?.digest),
        ...(found?.deviations ?? []),
        ...others.deviations,
      ];
      const unchecked = [...(found?.unchecked ?? []), ...others.unchecked];
      // The manifest itself is no proof of anything: a guard that watches nothing finds nothing intact.
      const count = (found?.checks ?? 0) + extraChecks.length;
      const ms = Math.round(performance.now() - began);
      return judge({ deviations, unchecked, checks: count, ms, manifest: held?.digest }, now);
    },
  };
}

/** Wakes whoever waits; rung while nobody waits, it wakes the next one at once. */
class Bell {
  #rung = false;
  #wake = new AbortController();

  ring(): void {
    this.#rung = true;
    this.#wake.abort();
  }

  listen(): AbortSignal {
    if (!this.#rung) this.#wake = new AbortController();
    this.#rung = false;
    return this.#wake.signal;
  }
}

function saysTheSame(verdict: Verdict, previous: Verdict | undefined): boolean {
  const said = ({ integrity, deviations, unchecked, manifest }: Verdict): string =>
    JSON.stringify([integrity, deviations, unchecked, manifest]);
  return previous !== undefined && said(verdict) === said(previous);
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
