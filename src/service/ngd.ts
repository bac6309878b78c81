import { readVerdict, runGuard, type Verdict } from '../guard/index.ts';
import { systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import { localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { ChainRules } from './chain-rules.ts';
import { EventLog } from './event-log.ts';
import { actOn, isTellable } from './ngd/act.ts';
import { attest } from './ngd/attestation.ts';
import { Attestor } from './ngd/attestor.ts';
import { Confirmation } from './ngd/confirm.ts';
import { confirmCut } from './ngd/cut.ts';
import { liveChecks } from './ngd/live-checks.ts';
import { manifestDeviations } from './ngd/manifest-check.ts';
import { pinDeviations } from './ngd/pin.ts';
import { toSay } from './ngd/to-say.ts';
import { isAppliedThisBoot } from './policy.ts';
import { watchSupervisor } from './supervisor/watch.ts';

/** Between two looks at what tells of no changes by itself. */
const INTERVAL_MS = 500;
/** Between two looks at the files, of whose changes the kernel tells. */
const FILES_EVERY_MS = 5_000;
/** Between two looks at what the chain says, which is read anew every few minutes. */
const CHAIN_EVERY_MS = 5_000;
/** A verdict that is older than this says nothing of now. */
const FRESH_MS = 30_000;

/**
 * The integrity daemon's process (NGd): looks whether what the chain put on this host is intact, cuts the host off when it
 * is not, and tells the chain, all without the gatekeeper.
 */
export async function runNgd(home: Home, signal: AbortSignal): Promise<void> {
  const events = new EventLog(home);
  void watchSupervisor(home, signal);
  const tell = (severity: 'info' | 'warning' | 'error', text: string) =>
    events.append({ severity, source: 'ngd', text }).catch(() => {});
  await untilApplied(home, signal);
  const rules = new ChainRules({ home, tell: (severity, text) => void tell(severity, text) });
  const trouble = (error: unknown) => tell('error', `NGd is in trouble: ${toLogosError(error).message}`);
  const following = rules.follow(signal).catch(trouble);
  const confirmation = new Confirmation(isTellable);
  let last: Verdict | undefined;
  let lookedAt = 0;
  let isSure = false;
  const attestor = new Attestor({
    clock: systemClock,
    tell: (severity, text) => void tell(severity, text),
    attest: (said) => attest(home, said),
    state: () =>
      toSay(home, { verdict: last, ageMs: performance.now() - lookedAt, isConfirmed: confirmation.isConfirmed }),
  });
  const act = actOn({ home, exec: localExec, tell, onCut: () => attestor.poke() });
  const attesting = attestor.run(signal).catch(trouble);
  await runGuard({
    home,
    intervalMs: INTERVAL_MS,
    filesEveryMs: FILES_EVERY_MS,
    signal,
    extraChecks: [
      ...liveChecks({ home, wanted: () => rules.wanted() }),
      { name: "the chain's rules", everyMs: CHAIN_EVERY_MS, run: () => rules.deviations() },
      { name: 'manifest', everyMs: CHAIN_EVERY_MS, run: () => manifestDeviations(home) },
      { name: 'chain of this host', everyMs: CHAIN_EVERY_MS, run: () => pinDeviations(home) },
    ].map((check) => confirmation.counted(check)),
    onVerdict: async (verdict, previous) => {
      const isFirst = last === undefined || last.integrity === 'unknown';
      last = verdict;
      lookedAt = performance.now();
      confirmation.heed(verdict);
      await act(verdict);
      if (confirmation.isConfirmed) {
        await confirmCut(home).catch(() => {});
        if (!isSure) attestor.poke();
        isSure = true;
      }
      if (isFirst && verdict.integrity !== 'unknown') attestor.poke();
      if (verdict.integrity !== previous?.integrity) {
        await tell(verdict.integrity === 'intact' ? 'info' : 'error', describe(verdict));
      }
    },
  });
  await Promise.all([following, attesting]);
}

/** The last verdict, if it is recent enough to mean something. */
export function currentVerdict(home: Home): Promise<Verdict> {
  return readVerdict(home, FRESH_MS);
}

/**
 * The kernel forgets the host policy when the machine is started anew: until it is applied again, however long that takes,
 * nothing can hold. A guard that is silent costs strikes; a verdict on a host that nothing was applied to costs the machine.
 */
async function untilApplied(home: Home, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await isAppliedThisBoot(home).catch(() => true)) return;
    await systemClock.sleep(250, signal);
  }
}

function describe({ integrity, deviations, unchecked }: Verdict): string {
  const [deviation] = deviations;
  if (deviation) return `Deviates: ${deviation.target}: expected ${deviation.expected}, found ${deviation.found}.`;
  if (integrity === 'intact') return 'Everything that the chain put here is intact.';
  return `Can't tell whether this host is intact: ${unchecked.map(({ target, reason }) => `${target}: ${reason}`).join('; ')}.`;
}
