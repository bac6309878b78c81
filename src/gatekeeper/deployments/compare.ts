import type { Closure } from './closure.ts';
import { compare } from './finding.ts';

/** What a closure changes against the one before it. Paths and names are sorted. */
export interface ClosureDifference {
  readonly from?: string;
  readonly to: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly steps: {
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
  };
}

/** Compares two closures by the digests of their files and by their steps; without one before, everything is new. */
export function compareClosures(before: Closure | undefined, after: Closure): ClosureDifference {
  const files = (closure: Closure | undefined) =>
    new Map((closure?.manifest.files ?? []).map(({ path, digest, executable }) => [path, `${digest} ${executable}`]));
  const steps = (closure: Closure | undefined) =>
    new Map((closure?.declaration.steps ?? []).map((step, index) => [step.name, JSON.stringify([index, step])]));
  return {
    ...(before === undefined ? {} : { from: before.declaration.version }),
    to: after.declaration.version,
    ...difference(files(before), files(after)),
    steps: difference(steps(before), steps(after)),
  };
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const [old, present] = [[...before.keys()], [...after.keys()]];
  return {
    added: present.filter((key) => !before.has(key)).toSorted(compare),
    changed: present.filter((key) => before.has(key) && before.get(key) !== after.get(key)).toSorted(compare),
    removed: old.filter((key) => !after.has(key)).toSorted(compare),
  };
}
