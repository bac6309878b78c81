import { setImmediate } from 'node:timers/promises';
import type { Baseline } from './baseline.ts';
import type { Finding } from './compare.ts';
import { DROP_EVERY, ProgramPages } from './lean.ts';
import { type Libc, libc } from './libc.ts';
import { compareMounts, coversIn, mountsOf } from './mount-state.ts';
import { foreignViews, readMounts } from './mounts.ts';
import { shown } from './names.ts';
import { selfFindings } from './self.ts';
import type { CheckOptions, EngineDeviation, EngineVerdict, Layer } from './types.ts';
import { Verifier } from './verifier.ts';

/** Above this the clock was set back since the baseline was taken; below it, it was put right. */
const CLOCK_TOLERANCE_MS = 60_000;

export function deviation(path: string, finding: Finding, layer: Layer): EngineDeviation {
  return {
    path: shown(path),
    kind: finding.kind,
    layer,
    time: new Date().toISOString(),
    expected: finding.expected,
    found: finding.found,
  };
}

/** Looks at everything once: mounts, attributes, and all content as it lies on the disk. */
export async function checkBaseline(baseline: Baseline, options: CheckOptions = {}): Promise<EngineVerdict> {
  const began = performance.now();
  let deviations = 0;
  const report = (path: string, finding: Finding, layer: Layer): void => {
    deviations += 1;
    options.onDeviation?.(deviation(path, finding, layer));
  };
  if (options.self !== false) for (const finding of selfFindings()) report('/proc/self', finding, 'self');
  checkClock(baseline, report);
  const bound = await libc();
  const pages = new ProgramPages(bound);
  pages.drop();
  checkMounts(bound, baseline, report);
  const verifier = new Verifier(bound, baseline, report);
  try {
    let steps = 0;
    for (const _ of verifier.sweep(true)) {
      options.signal?.throwIfAborted();
      steps += 1;
      if (steps % 64 === 0) await setImmediate();
      if (steps % DROP_EVERY === 0) pages.drop();
    }
  } finally {
    verifier.close();
  }
  const ms = Math.round(performance.now() - began);
  return { clean: deviations === 0, files: baseline.count, bytes: verifier.bytes, deviations, ms };
}

/** All namespaces that can be seen. */
export function checkMounts(
  libc: Libc,
  baseline: Baseline,
  report: (path: string, finding: Finding, layer: Layer) => void,
): void {
  const own = readMounts('self');
  const roots = baseline.roots().map((root) => baseline.name(root));
  const known = new Set(baseline.header.foreignMounts);
  for (const { path, expected, found } of compareMounts(baseline.header.mounts, mountsOf(own, roots))) {
    report(path, { kind: 'mount', expected, found }, 'mount');
  }
  for (const view of foreignViews(libc)) {
    for (const { path, expected, found } of coversIn(view, own, roots)) {
      if (!known.has(`${shown(path)} ${found}`)) report(path, { kind: 'mount', expected, found }, 'mount');
    }
  }
}

export function checkClock(baseline: Baseline, report: (path: string, finding: Finding, layer: Layer) => void): void {
  if (Date.now() > Date.parse(baseline.header.created) - CLOCK_TOLERANCE_MS) return;
  const expected = `after the baseline of ${baseline.header.created}`;
  report('/', { kind: 'clock', expected, found: new Date().toISOString() }, 'self');
}

/** A deviation in one line for people. */
export function lineOf({ path, kind, layer, expected, found }: EngineDeviation): string {
  const was = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
  ];
  return `${path}: ${kind} (${layer})${was.length > 0 ? `: ${was.join(', ')}` : ''}`;
}
