import { ExitCode, UserError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { Verdict } from './native/judge.ts';
import type { RequestInput } from './request.ts';
import type { KeptRecord } from './request-log.ts';

/** What was decided of a request before. */
export interface Before extends Pick<Verdict, 'verdict' | 'stage' | 'code' | 'reason'> {
  /** ISO 8601. */
  readonly at: string;
}

/** What today's rules say of a request that was decided before. */
export interface Replay {
  readonly before: Before;
  readonly now: Verdict;
  /** Whether it would end in another way, or for another reason. */
  readonly differs: boolean;
}

/**
 * The request of some attempts at it, oldest first, to be judged once more, and how the last of them was decided.
 * Throws UserError `request-unknown`, `request-not-kept` (exit code 2).
 */
export function replayable(attempts: readonly KeptRecord[]): { input: RequestInput; before: Before } {
  const last = attempts.at(-1);
  if (last === undefined) {
    throw new UserError('request-unknown', 'There is no such request here.', {
      exitCode: ExitCode.usage,
      nextSteps: ['See those that are kept with `logos gatekeeper requests --last 1000`.'],
    });
  }
  const { kind, request } = last;
  if (request === undefined) {
    throw new UserError('request-not-kept', 'What this request said was too long to be kept.', {
      exitCode: ExitCode.usage,
      nextSteps: ['Give the command again with `logos request --dry-run`.'],
    });
  }
  const { payload, origin, nonce, expires } = request;
  return { input: { kind, payload: payload as Json, origin, nonce, expires }, before: beforeOf(last) };
}

/** What the contract said of it afterwards is no rule of the gatekeeper. */
function beforeOf({ stage, outcome, code, reason, at }: KeptRecord): Before {
  if (stage !== 'execute') return { verdict: 'refuse', stage, code: code ?? outcome, reason: reason ?? '', at };
  return { verdict: 'accept', stage: 'translate', code: 'accepted', reason: 'Every stage let it through.', at };
}

export function compare(before: Before, now: Verdict): Replay {
  return { before, now, differs: before.verdict !== now.verdict || before.code !== now.code };
}
