import { readVerdict, runGuard, type Verdict } from '../guard/index.ts';
import { systemClock } from '../system/clock.ts';
import { localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { ChainRules, inForce } from './chain-rules.ts';
import { EventLog } from './event-log.ts';
import { actOn, isGrave } from './ngd/act.ts';
import { attest } from './ngd/attestation.ts';
import { Attestor } from './ngd/attestor.ts';
import { liveChecks } from './ngd/live-checks.ts';
import { manifestDeviations } from './ngd/manifest-check.ts';
import { pinDeviations } from './ngd/pin.ts';
import { isAppliedThisBoot } from './policy.ts';
import { rulesDigest } from './rules.ts';
import { watchSupervisor } from './supervisor/watch.ts';

/** Between two looks at what tells of no changes by itself. */
const INTERVAL_MS = 500;
/** Between two looks at the files, of whose changes the kernel tells. */
const FILES_EVERY_MS = 5_000;
/** Between two looks at what the chain says, which is read anew every few minutes. */
const CHAIN_EVERY_MS = 5_000;
/** A verdict that is older than this says nothing of now. */
const FRESH_MS = 30_000;
/** How long the gatekeeper may take to apply the host policy anew after the machine was started. */
const APPLIED_WITHIN_MS = 180_000;

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
  const following = rules.follow(signal);
  let last: Verdict | undefined;
  const attestor = new Attestor({
    clock: systemClock,
    tell: (severity, text) => void tell(severity, text),
    attest: (said) => attest(home, said),
    state: async () => {
      if (last === undefined || last.integrity === 'unknown') return undefined;
      return { manifest: rulesDigest(await inForce(home)), intact: !isGrave(last) };
    },
  });
  const act = actOn({ home, exec: localExec, tell, onCut: () => attestor.poke() });
  const attesting = attestor.run(signal);
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
    ],
    onVerdict: async (verdict, previous) => {
      const isFirst = last === undefined || last.integrity === 'unknown';
      last = verdict;
      await act(verdict);
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

/** The kernel forgets the host policy when the machine is started anew: until it is applied again, nothing can hold. */
async function untilApplied(home: Home, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + APPLIED_WITHIN_MS;
  while (!signal.aborted && performance.now() < deadline) {
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
