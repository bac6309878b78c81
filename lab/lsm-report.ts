import { guestLacks } from './guest.ts';
import { runUnderLsm } from './lsm-guest.ts';
import type { SecurityModule } from './lsm-image.ts';

/** What a script in a guest reported, by its steps. */
export interface LsmReport {
  /** The one report of a step; throws when the script gave none. */
  of(step: string): Record<string, unknown>;
  /** All reports of steps of that name. */
  all(step: string): Record<string, unknown>[];
}

/** Runs a control's script in a guest with its security module. Gives what the machine lacks for it instead, in words. */
export async function reportUnder(module: SecurityModule): Promise<LsmReport | string> {
  const lacks = await guestLacks();
  if (lacks) return `needs ${lacks}`;
  const started = performance.now();
  const reports = await runUnderLsm({ module, script: `lab/guest-scripts/lsm-${module}.ts`, timeoutMs: 1_500_000 });
  console.log(`guest with ${module}: ${Math.round((performance.now() - started) / 1_000)} s`);
  const all = (step: string) => reports.filter((report) => report.step === step);
  return {
    all,
    of: (step) => {
      const [found] = all(step);
      if (!found) throw new Error(`The guest reported no ${step}.`);
      return found;
    },
  };
}
