import type { Verdict } from '../../guard/index.ts';
import type { Home } from '../../system/home.ts';
import { inForce } from '../chain-rules.ts';
import { rulesDigest } from '../rules.ts';
import { isGrave } from './act.ts';
import type { Attesting } from './attestation.ts';
import { readCut } from './cut.ts';

export interface Seen {
  readonly verdict: Verdict | undefined;
  /** Since the look that it is of, milliseconds. */
  readonly ageMs: number;
  /** Whether something that the chain may be told was found by two looks. */
  readonly isConfirmed: boolean;
}

/** An older verdict says nothing of now, milliseconds: the look at something may hang. */
const FRESH_MS = 30_000;

/**
 * What the chain is told: bad news once they are sure, and from then on; that all is well only by a fresh verdict and while
 * no cut stands. Otherwise nothing, which costs a strike in time and no collateral. Never throws.
 */
export async function toSay(home: Home, { verdict, ageMs, isConfirmed }: Seen): Promise<Attesting | undefined> {
  const cut = await readCut(home);
  const deviates = isConfirmed || cut?.confirmed === true;
  const isWell =
    cut === undefined &&
    verdict !== undefined &&
    verdict.integrity !== 'unknown' &&
    ageMs <= FRESH_MS &&
    !isGrave(verdict);
  if (!deviates && !isWell) return undefined;
  // Bad news need no digest; without one, good news can't be told.
  const found = await inForce(home).catch(() => (deviates ? {} : undefined));
  return found && { manifest: rulesDigest(found), intact: !deviates };
}
