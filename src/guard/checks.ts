import type { Deviation, Unchecked } from './verdict.ts';

/** A check of another room, such as "the nftables table is as planned". It gives what deviates; throwing means "can't tell". */
export interface GuardCheck {
  readonly name: string;
  /** Milliseconds between two runs while nothing is heard of a change. Default: at each look. */
  readonly everyMs?: number;
  run(signal: AbortSignal): Promise<readonly Deviation[]>;
  /** Calls `changed` when what it looks at may have changed, until `signal` is aborted. Events alone are never relied on. */
  watch?(changed: () => void, signal: AbortSignal): void;
}

export interface CheckResults {
  readonly deviations: Deviation[];
  readonly unchecked: Unchecked[];
}

/** Runs checks side by side. One that throws, or takes longer than `timeoutMs`, is named under `unchecked`. */
export async function runChecks(checks: readonly GuardCheck[], timeoutMs: number): Promise<CheckResults> {
  const results = await Promise.all(checks.map((check) => runCheck(check, timeoutMs)));
  return {
    deviations: results.flatMap((result) => result.deviations),
    unchecked: results.flatMap((result) => result.unchecked),
  };
}

async function runCheck(check: GuardCheck, timeoutMs: number): Promise<CheckResults> {
  const timeout = new AbortController();
  const tooLate = new Promise<never>((_, reject) => {
    timeout.signal.addEventListener('abort', () => reject(new Error(`no answer within ${timeoutMs} ms`)), {
      once: true,
    });
  });
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    // Fields one by one: a check may give more than a deviation holds.
    const given = await Promise.race([check.run(timeout.signal), tooLate]);
    const deviations = given.map(({ target, expected, found }) => ({ target, expected, found }));
    return { deviations, unchecked: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { deviations: [], unchecked: [{ target: check.name, reason }] };
  } finally {
    clearTimeout(timer);
  }
}
