import { type Deviation, isSlight, type Verdict } from '../../guard/index.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { CHAIN_RULES } from '../rules.ts';
import { readCut } from './cut.ts';
import { keepEvidence } from './evidence.ts';
import { cutOff, type SelfCut } from './self-cut.ts';

export interface ActOptions {
  readonly home: Home;
  readonly exec: Exec;
  tell(severity: 'info' | 'warning' | 'error', text: string): Promise<unknown>;
  /** Called once this host is cut off. */
  onCut(): void;
}

/** While a cut stands, guests that somebody lets go on are paused again at this pace, milliseconds. */
const AGAIN_MS = 2_000;

/** Whether a verdict is more than rules of the chain which the owner has yet to apply: that is told, and cuts nothing off. */
export function isGrave({ integrity, deviations }: Verdict): boolean {
  return integrity === 'deviated' && deviations.some(({ target }) => !CHAIN_RULES.has(target));
}

/** Whether the chain may be told of it, which costs the collateral. The rest cuts off and leaves evidence. */
export function isTellable(deviation: Deviation): boolean {
  return !CHAIN_RULES.has(deviation.target) && !isSlight(deviation);
}

/** Acts on verdicts: the first deviation cuts this host off, then evidence is kept. A cut stands until the host joins anew. */
export function actOn(options: ActOptions): (verdict: Verdict) => Promise<void> {
  const { home, exec, tell, onCut } = options;
  let acted: number | undefined;
  let stands: boolean | undefined;
  let first: Verdict | undefined;
  return async (verdict) => {
    stands ??= (await readCut(home)) !== undefined;
    const now = performance.now();
    if (!stands && !isGrave(verdict)) return;
    if (acted !== undefined && now - acted < AGAIN_MS) return;
    acted = now;
    const isNew = !stands;
    stands = true;
    if (!isNew) {
      await pauseAgain(options, first ?? verdict);
      return;
    }
    first = verdict;
    const cut = await cutOff(home, verdict, exec);
    onCut();
    await tell('error', `This host cut itself off in ${cut.ms} ms: ${describeCut(cut)}.`);
    // Looks go on meanwhile.
    void keep(options, verdict);
  };
}

async function keep({ home, exec, tell }: ActOptions, verdict: Verdict): Promise<void> {
  try {
    const { directory, digest } = await keepEvidence(home, verdict, exec);
    await tell('info', `Evidence ${digest} is in ${directory}.`);
  } catch (thrown) {
    await tell('warning', `Evidence could not be kept: ${toLogosError(thrown).message}`);
  }
}

/** The record is as it was made first, by the verdict that is given. */
async function pauseAgain({ home, exec, tell }: ActOptions, verdict: Verdict): Promise<void> {
  const cut = await cutOff(home, verdict, exec, { again: true });
  if (cut.paused.length + cut.stopped.length > 0) {
    await tell('error', `Guests ran on a host that is cut off: ${describeCut(cut)}.`);
  }
}

function describeCut({ paused, stopped, down, failed }: SelfCut): string {
  const parts = [
    `${paused.length + stopped.length} guests stand still`,
    ...(down.length > 0 ? [`${down.length} interfaces are down`] : []),
    ...(failed.length > 0 ? [`not done: ${failed.join('; ')}`] : []),
  ];
  return parts.join(', ');
}
