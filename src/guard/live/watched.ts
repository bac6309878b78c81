import type { GuardCheck } from '../checks.ts';
import { type EngineDeviation, takeBaseline, watchBaseline } from '../engine/index.ts';
import type { Deviation } from '../verdict.ts';

/** Share of a core that the engine's sweeps over these few files may use. */
const BUDGET = 0.001;

/**
 * Has the engine watch files with all of its sensors from now on: what was changed and changed back, mounted over in any
 * namespace, or done to this process is found too. What it found stays found until the guard is started anew. `paths` are
 * those that nobody writes anew, be it with the same content. Without `watch` it looks at nothing.
 */
export function watchedCheck(paths: () => Promise<readonly string[]>): GuardCheck {
  const found = new Map<string, Deviation>();
  let failed: Error | undefined;
  return {
    name: 'watched files',
    run: async () => {
      if (failed !== undefined) throw failed;
      return [...found.values()];
    },
    watch: (changed, signal) => {
      const onDeviation = (deviation: EngineDeviation): void => {
        found.set(`${deviation.kind} ${deviation.path}`, toDeviation(deviation));
        changed();
      };
      paths()
        .then(async (files) =>
          watchBaseline(await takeBaseline(files, { signal }), { onDeviation, signal, budget: BUDGET }),
        )
        .catch((error: Error) => {
          if (signal.aborted) return;
          failed = error;
          changed();
        });
    },
  };
}

function toDeviation({ path, kind, layer, expected, found }: EngineDeviation): Deviation {
  return {
    target: path,
    expected: expected ?? `no change (${kind})`,
    found: `${found ?? kind}, seen by ${layer}`,
  };
}
