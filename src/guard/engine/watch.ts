import { setImmediate } from 'node:timers/promises';
import type { Baseline } from './baseline.ts';
import { checkClock, checkMounts } from './check.ts';
import { Dirty } from './dirty.ts';
import { COLLECT_EVERY, collectGarbage, DROP_EVERY, ProgramPages } from './lean.ts';
import { type Libc, libc } from './libc.ts';
import { markAll } from './marks.ts';
import { namespacesStamp } from './mounts.ts';
import { OwnState } from './own-state.ts';
import { Pace } from './pace.ts';
import { Poller } from './poller.ts';
import { Reporter } from './reporter.ts';
import type { EngineVerdict, Missing, WatchOptions } from './types.ts';
import { Verifier } from './verifier.ts';

const TICK_MS = 1_000;
/** Pages that are not in use by now. */
const DROP_TICKS = 5;
const NAMESPACES_MS = 1_000;
const STAMP_MS = 500;
/** Where namespaces come and go all the time (containers), a look is followed by a rest of so many times its length, at most. */
const BUSY_REST = { times: 40, mostMs: 1_500 };
/** Shares of the budget. */
const STAT_SHARE = 0.4;
const HASH_SHARE = 0.6;
/** Waking up costs a third of a percent by itself; passes over a large tree get what is left of half a percent. */
const DEFAULT_BUDGET = { small: 0.0025, large: 0.001 };
const LARGE = 5_000;
const STAT_REST_MS = 2_000;
const HASH_REST_MS = 4_000;

/**
 * Watches until the signal: events of the kernel, verified at once; passes over all attributes and over all content as the
 * budget allows; mounts; the clock; this process, and the baseline file. Resolves when all sensors are put away.
 */
export async function watchBaseline(baseline: Baseline, options: WatchOptions): Promise<EngineVerdict> {
  const began = performance.now();
  const calls = await libc();
  const pages = new ProgramPages(calls);
  pages.drop();
  const reporter = new Reporter(options.onDeviation);
  const verifier = new Verifier(calls, baseline, reporter.report, (entry) => {
    if (!reporter.quiet) reporter.forget(baseline.path(entry), 'mount');
  });
  const budget = options.budget ?? DEFAULT_BUDGET[baseline.count > LARGE ? 'large' : 'small'];
  const poller = new Poller(calls);
  const stat = new Pace(() => verifier.sweep(false), budget * STAT_SHARE, STAT_REST_MS, true);
  const hash = new Pace(() => verifier.sweep(true), budget * HASH_SHARE, HASH_REST_MS, false);
  const everything = (): void => {
    stat.hurry();
    hash.hurry();
  };
  // Marks come first: what changes while the first pass looks elsewhere is told by them.
  const marks = markAll(calls, verifier.tree, baseline);
  pages.drop();
  const dirty = new Dirty(baseline, verifier, reporter, marks.again, () => stat.hurry());
  for (const source of marks.sources) poller.add(source.fd, () => dirty.take(source));
  const mounts = (): void => {
    try {
      reporter.anew('mount', (report) => checkMounts(calls, baseline, report));
    } catch (error) {
      // Without a descriptor for /proc (prlimit(1)) nothing can be said of them.
      reporter.report('/proc/self/mountinfo', { kind: 'unreadable', found: (error as Error).message }, 'mount');
    }
  };
  poller.addMounts(mounts);
  const own = new OwnState(baseline, options.self !== false, everything);
  poller.addClock(() => {
    own.look(reporter);
    everything();
  });
  const polling = poller.run();
  const namespaces = watchNamespaces(calls, mounts);
  const ticking = setInterval(() => {
    own.look(reporter);
    if (own.looks % DROP_TICKS === 0) pages.drop();
  }, TICK_MS);
  let isWhole = false;
  const result = (): EngineVerdict => ({
    clean: isWhole && reporter.count === 0,
    files: baseline.count,
    bytes: verifier.bytes,
    deviations: reporter.count,
    ...(isWhole ? {} : { complete: false as const }),
    ms: Math.round(performance.now() - began),
  });
  try {
    own.look(reporter);
    checkClock(baseline, reporter.report);
    mounts();
    let steps = 0;
    for (const _ of verifier.sweep(true)) {
      if (options.signal.aborted) break;
      steps += 1;
      if (steps % 16 === 0) await setImmediate();
      if (steps % COLLECT_EVERY === 0) collectGarbage();
      if (steps % DROP_EVERY === 0) pages.drop();
    }
    if (!options.signal.aborted) {
      isWhole = true;
      pages.drop();
      collectGarbage();
      pages.drop();
      const sensors = [
        ...marks.sources.map(({ kind }) => kind),
        'mounts',
        'mount namespaces',
        'stat',
        'hash',
        'clock',
        'self',
      ];
      options.onReady?.({ ...result(), sensors, missing: [...marks.missing, ...hidden(baseline)] });
      pages.drop();
      stat.start();
      hash.start();
      await aborted(options.signal);
    }
  } finally {
    clearInterval(ticking);
    namespaces.stop();
    own.close();
    stat.stop();
    hash.stop();
    poller.stop();
    await polling;
    dirty.close();
    verifier.close();
  }
  return result();
}

/**
 * Looks for namespaces that came, went or changed: polled, because holding one open would keep its filesystems busy. Their
 * number and their mounts' often; all of each as often as a thousandth of a core allows.
 */
function watchNamespaces(calls: Libc, changed: () => void): { stop(): void } {
  let [timer, last, due, rested]: [NodeJS.Timeout | undefined, string, number, number] = [undefined, '', 0, 0];
  const look = (): void => {
    const stamp = namespacesStamp(calls);
    const began = performance.now();
    if ((stamp !== last && began > rested) || began > due) {
      changed();
      const ended = performance.now();
      due = ended + Math.max(NAMESPACES_MS, (ended - began) * 1_000);
      rested = ended + Math.min(BUSY_REST.mostMs, (ended - began) * BUSY_REST.times);
      last = stamp;
    }
    timer = setTimeout(look, STAMP_MS);
  };
  timer = setTimeout(look, STAMP_MS);
  return { stop: () => clearTimeout(timer) };
}

function hidden(baseline: Baseline): Missing[] {
  const missing: Missing[] = [];
  if (process.getuid?.() !== 0) {
    missing.push({ sensor: 'mount namespaces', reason: "those of other users' processes are hidden without root" });
  }
  const unread = baseline.unread;
  if (unread > 0) {
    const reason = `${unread} entries could not be read when the baseline was taken: they are known by their attributes only`;
    missing.push({ sensor: 'content', reason });
  }
  return missing;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
