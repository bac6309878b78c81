/** Whether a host is as the chain wants it; if not, why, in half a sentence. */
export type Compliance = { readonly compliant: true } | { readonly compliant: false; readonly reason: string };

/** What compliance is judged by. */
export interface ComplianceFacts {
  /** Each rule of the security section that must be in force: SHA-256 of what the chain says; absent where it says nothing. */
  readonly wanted: Readonly<Record<string, string | undefined>>;
  /** SHA-256 of what this host applied, by the same names. */
  readonly applied: Readonly<Record<string, string | undefined>>;
  /** The integrity daemon's last verdict. `unknown`: nothing deviates, and something could not be checked. */
  readonly integrity: 'intact' | 'deviated' | 'unknown';
  /** The first thing that deviates, or that could not be checked. */
  readonly detail?: string;
}

/** A host that was changed, that nobody looks after, or that has not applied what the chain says now, does not comply. */
export function judgeCompliance({ wanted, applied, integrity, detail }: ComplianceFacts): Compliance {
  for (const name of Object.keys(wanted)) {
    if (wanted[name] === applied[name]) continue;
    return { compliant: false, reason: `the ${name} on chain is not the one that was applied here` };
  }
  if (integrity === 'intact') return { compliant: true };
  const what = integrity === 'deviated' ? 'found a deviation' : "can't tell whether it is intact";
  return { compliant: false, reason: `the integrity daemon ${what}${detail === undefined ? '' : ` (${detail})`}` };
}
