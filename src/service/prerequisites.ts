import type { ConnectedChain, LogosChain } from '../chain/index.ts';
import { type Compliance, judgeCompliance, type Prerequisites } from '../gatekeeper/index.ts';
import { sha256Hex } from '../system/canonical.ts';
import { systemClock } from '../system/clock.ts';
import type { Home } from '../system/home.ts';
import { currentVerdict } from './ngd.ts';
import { appliedDigests } from './policy.ts';

const SECTION = 'security-section-1';

/** How long an answer about this host holds, in milliseconds: many requests that come at once are one question. */
const HOLDS_MS = 1_000;

/** From least to most: each may do what those before it may. */
const ACCESS = ['reader', 'writer', 'keeper'] as const;

/** What a definition's rules may ask of this host: read from the chain, from what was applied here, and from the integrity daemon. */
export function hostPrerequisites(
  home: Home,
  chain: LogosChain & Partial<Pick<ConnectedChain, 'gatekeeperStanding' | 'privacy'>>,
  account: string,
): Prerequisites {
  return {
    standing: held(async () => chain.gatekeeperStanding?.(account)),
    compliance: held(() => hostCompliance(home, chain)),
    async hasRole(asks, name, access) {
      const members = (await chain.privacy?.members(name)) ?? [];
      return members.some((it) => it.account === asks && ACCESS.indexOf(it.access) >= ACCESS.indexOf(access));
    },
  };
}

/** Asks once for all that ask within the time that an answer holds. What could not be answered is asked again. */
function held<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const now = systemClock.now();
    if (last !== undefined && Math.abs(now - last.at) < HOLDS_MS) return last.answer;
    const answer = ask();
    last = { at: now, answer };
    answer.catch(() => {
      last = undefined;
    });
    return answer;
  };
}

/** Whether this host has applied what the security section says now, and nothing deviates. Throws what the chain throws. */
export async function hostCompliance(home: Home, chain: Pick<LogosChain, 'configuration'>): Promise<Compliance> {
  const [{ entries }, applied, verdict] = await Promise.all([
    chain.configuration(SECTION),
    appliedDigests(home),
    currentVerdict(home),
  ]);
  const wanted = (key: string): string | undefined => {
    const value = entries.get(key)?.value;
    if (value === undefined) return undefined;
    return value.kind === 'inline' ? sha256Hex(value.bytes) : value.digest;
  };
  const [first] = verdict.deviations;
  const [unchecked] = verdict.unchecked;
  return judgeCompliance({
    wanted: { 'host policy': wanted('host-policy'), 'host firewall': wanted('host-firewall') },
    applied: { 'host policy': applied?.policy, 'host firewall': applied?.firewall },
    integrity: verdict.integrity,
    detail: first?.target ?? (unchecked && `${unchecked.target}: ${unchecked.reason}`),
  });
}
