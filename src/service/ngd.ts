import { readVerdict, runGuard, type Verdict } from '../guard/index.ts';
import { readApplied, verifyPlan } from '../hardening/index.ts';
import { localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { ChainRules } from './chain-rules.ts';
import { EventLog } from './event-log.ts';
import { watchSupervisor } from './supervisor/watch.ts';

const INTERVAL_MS = 5_000;

/** The integrity daemon's process (NGd): looks whether what the chain put on this host is intact. */
export async function runNgd(home: Home, signal: AbortSignal): Promise<void> {
  const events = new EventLog(home);
  void watchSupervisor(home, signal);
  const rules = new ChainRules({
    home,
    tell: (severity, text) => void events.append({ severity, source: 'ngd', text }).catch(() => {}),
  });
  const following = rules.follow(signal);
  await runGuard({
    home,
    intervalMs: INTERVAL_MS,
    signal,
    extraChecks: [
      { name: 'host policy', run: () => policyDeviations(home) },
      { name: "the chain's rules", run: () => rules.deviations() },
    ],
    onVerdict: async (verdict, previous) => {
      if (verdict.integrity === previous?.integrity) return;
      await events.append({
        severity: verdict.integrity === 'intact' ? 'info' : 'error',
        source: 'ngd',
        text: describe(verdict),
      });
    },
  });
  await following;
}

/** The last verdict, if it is recent enough to mean something. */
export function currentVerdict(home: Home): Promise<Verdict> {
  return readVerdict(home, 6 * INTERVAL_MS);
}

async function policyDeviations(home: Home) {
  const applied = await readApplied(home);
  if (!applied) return [{ target: 'host policy', expected: 'applied', found: 'no record of it' }];
  const deviations = await verifyPlan(applied, { exec: localExec });
  return deviations.map(({ target, expected, actual }) => ({ target, expected, found: actual }));
}

function describe({ integrity, deviations, unchecked }: Verdict): string {
  const [deviation] = deviations;
  if (deviation) return `Deviates: ${deviation.target}: expected ${deviation.expected}, found ${deviation.found}.`;
  if (integrity === 'intact') return 'Everything that the chain put here is intact.';
  return `Can't tell whether this host is intact: ${unchecked.map(({ target, reason }) => `${target}: ${reason}`).join('; ')}.`;
}
