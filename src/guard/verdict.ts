import { z } from 'zod';

const deviationSchema = z.strictObject({
  /** A path, or the name of a check. */
  target: z.string(),
  expected: z.string(),
  found: z.string(),
});
/** Something that is not as the chain put it there. */
export type Deviation = z.output<typeof deviationSchema>;

export const verdictSchema = z.strictObject({
  /** `unknown`: nothing deviates, and something could not be checked. */
  integrity: z.enum(['intact', 'deviated', 'unknown']),
  deviations: z.array(deviationSchema),
  unchecked: z.array(z.strictObject({ target: z.string(), reason: z.string() })),
  /** ISO 8601. */
  checkedAt: z.string(),
  /** Targets and checks that were looked at. */
  checks: z.number(),
  /** Wall time of the look, in milliseconds. */
  ms: z.number(),
  /** Digest of the manifest that was checked against. */
  manifest: z.string().optional(),
});
/** Whether this host is as the chain made it. */
export type Verdict = z.output<typeof verdictSchema>;
export type Unchecked = Verdict['unchecked'][number];

/** The verdict of what was found. A look at nothing proves nothing: it is `unknown`. */
export function judge(
  found: Pick<Verdict, 'deviations' | 'unchecked' | 'checks' | 'ms' | 'manifest'>,
  now: number,
): Verdict {
  const { unchecked, checks } = found;
  const deviations = unique(found.deviations);
  const integrity = deviations.length > 0 ? 'deviated' : unchecked.length > 0 || checks === 0 ? 'unknown' : 'intact';
  return { ...found, deviations, integrity, checkedAt: new Date(now).toISOString() };
}

/** Two checks may find the same. */
function unique(deviations: readonly Deviation[]): Deviation[] {
  return [...new Map(deviations.map((one) => [`${one.target}\n${one.expected}\n${one.found}`, one])).values()];
}
