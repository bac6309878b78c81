import type { GuardCheck } from '../checks.ts';
import { type EngineDeviation, takeBaseline, watchBaseline } from '../engine/index.ts';
import type { Deviation } from '../verdict.ts';

/** Share of a core that the engine's sweeps over these few files may use. */
const BUDGET = 0.001;
/** What could not be looked at counts for so long after the engine said so, milliseconds: by then it has looked again. */
const UNREADABLE_MS = 60_000;
/** Kinds that leave content, mode, owner and attributes as they were: a backup with hard links is enough for them. */
const SLIGHT = ['touched', 'links'] as const;

/**
 * Has the engine watch files with all of its sensors from now on: what was changed and changed back, mounted over in any
 * namespace, or done to this process is found too. What it found stays found until the guard is started anew. `paths` are
 * those that nobody writes anew, be it with the same content. Without `watch` it looks at nothing.
 * That the clock is set is its owner's business (NTP); what can't be read is unchecked and not wrong.
 */
export function watchedCheck(
  paths: () => Promise<readonly string[]>,
  watch: (...given: Parameters<typeof watchBaseline>) => Promise<unknown> = watchBaseline,
): GuardCheck {
  const found = new Map<string, Deviation>();
  let failed: Error | undefined;
  let unreadable: { path: string; why: string; at: number } | undefined;
  return {
    name: 'watched files',
    run: async () => {
      if (failed !== undefined) throw failed;
      if (found.size === 0 && unreadable !== undefined && performance.now() - unreadable.at < UNREADABLE_MS) {
        throw new Error(`${unreadable.path} can't be read: ${unreadable.why}`);
      }
      return [...found.values()];
    },
    watch: (changed, signal) => {
      const onDeviation = (deviation: EngineDeviation): void => {
        const { kind, path } = deviation;
        if (kind === 'clock') return;
        if (kind === 'unreadable') unreadable = { path, why: deviation.found ?? kind, at: performance.now() };
        else found.set(`${kind} ${path}`, toDeviation(deviation));
        changed();
      };
      paths()
        .then(async (files) => watch(await takeBaseline(files, { signal }), { onDeviation, signal, budget: BUDGET }))
        .catch((error: Error) => {
          if (signal.aborted) return;
          failed = error;
          changed();
        });
    },
  };
}

/** Whether it is a change that changes nothing but times and links. */
export function isSlight({ expected }: Deviation): boolean {
  return SLIGHT.some((kind) => expected === unchanged(kind));
}

function unchanged(kind: EngineDeviation['kind']): string {
  return `no change (${kind})`;
}

function toDeviation({ path, kind, layer, expected, found }: EngineDeviation): Deviation {
  const isSlightKind = SLIGHT.some((one) => one === kind);
  return {
    target: path,
    expected: (isSlightKind ? undefined : expected) ?? unchanged(kind),
    found: `${found ?? kind}, seen by ${layer}`,
  };
}
