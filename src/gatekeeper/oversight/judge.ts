import type { BlockNumber, Fault, MachineRecord, MachineRules, MachineState } from '../../chain/index.ts';
import type { SeenFault } from './evidence.ts';
import { isRightAnswer } from './report.ts';

/** What the rules make of a machine, from the mildest on. */
export const DECISIONS = ['none', 'strike', 'suspend', 'exclude'] as const;
export type Decision = (typeof DECISIONS)[number];

/** What is known of a machine as of one block, all of it from the chain. */
export interface Observation {
  readonly now: BlockNumber;
  readonly record: MachineRecord;
  /** Faults that were not reported yet. */
  readonly faults: readonly SeenFault[];
}

export interface Judgement {
  readonly decision: Decision;
  /** How the machine stands once the decision is carried out. */
  readonly state: MachineState;
  /** Strikes that it has then. */
  readonly strikes: number;
  /** The rule, what was counted, and the faults: one clause each. */
  readonly because: readonly string[];
}

/** A fault with what shows it, in words. */
interface Counted {
  readonly fault: Fault;
  readonly what: string;
}

/** What the chain will decide of a machine by its rules, once it knows the faults; and why. */
export function judgeMachine({ now, record, faults }: Observation, rules: MachineRules): Judgement {
  const { machine } = record;
  const { state, strikes } = machine;
  if (state === 'excluded' || state === 'leaving') {
    const because = [state === 'excluded' ? 'it is excluded for good' : 'it is leaving: no rule holds it any more'];
    return { decision: 'none', state, strikes, because };
  }
  const counted = [...faults, ...seenByChain(now, record)];
  if (counted.length === 0) return { decision: 'none', state, strikes, because: [standing(record, rules)] };
  const whats = counted.map(({ fault, what }) => `${fault}: ${what}`);
  const fatal = counted.find(({ fault }) => rules.fatal.includes(fault));
  const total = strikes + counted.length;
  const decided = (decision: Decision, becomes: MachineState, rule: string): Judgement => ({
    decision,
    state: becomes,
    strikes: total,
    because: [rule, ...whats],
  });
  if (fatal) return decided('exclude', 'excluded', `the rules exclude at once whoever ${VERBS[fatal.fault]}`);
  if (total >= rules.excludeAt) {
    return decided('exclude', 'excluded', `${strikeCount(total)} exclude: the limit is ${rules.excludeAt}`);
  }
  if (state === 'active' && total >= rules.suspendAt) {
    return decided('suspend', 'suspended', `${strikeCount(total)} suspend: the limit is ${rules.suspendAt}`);
  }
  const limit = state === 'suspended' ? rules.excludeAt : rules.suspendAt;
  return decided('strike', state, `${strikeCount(total)}, and the rules allow ${limit - 1}`);
}

/** What the chain strikes for by itself in one of the next blocks, or at the word of whoever judges an answer. */
function seenByChain(now: BlockNumber, { machine, challenge, guard }: MachineRecord): Counted[] {
  const { account, due, seen } = machine;
  const found: Counted[] = [];
  // Whoever is suspended is struck for no silence.
  const isHeld = machine.state !== 'suspended';
  if (isHeld && guard !== undefined && now > guard.due) {
    found.push({ fault: 'unattested', what: `no attestation of its guard since block ${guard.seen}` });
  }
  if (isHeld && now > due) {
    found.push({ fault: 'silent', what: `no heartbeat since block ${seen}; the next was due by block ${due}` });
  }
  if (challenge?.answer !== undefined && !isRightAnswer(account, challenge.seed, challenge.answer)) {
    found.push({ fault: 'wrong', what: 'its answer to the challenge is not one of a machine that is intact' });
  }
  if (challenge !== undefined && challenge.answer === undefined && now > challenge.deadline) {
    found.push({ fault: 'unanswered', what: `no answer to the challenge by block ${challenge.deadline}` });
  }
  return found;
}

function standing({ machine, guard }: MachineRecord, rules: MachineRules): string {
  if (machine.state === 'suspended') {
    const left = Math.max(1, rules.readmitAfter - machine.clean);
    if (guard?.missed) return 'it is suspended, and comes back only once its guard has attested';
    return `it is suspended, and ${left} more heartbeats or right answers without a fault re-admit it`;
  }
  if (machine.strikes === 0) return 'nothing is against it';
  return `nothing new is against it; it has ${strikeCount(machine.strikes)}, and the rules allow ${rules.suspendAt - 1}`;
}

const VERBS: Readonly<Record<Fault, string>> = {
  silent: 'is silent',
  unanswered: 'leaves a challenge unanswered',
  wrong: 'answers a challenge wrongly',
  refused: 'refuses an operation',
  deviates: 'deviates',
  unattested: 'is not attested',
};

function strikeCount(count: number): string {
  return count === 1 ? '1 strike' : `${count} strikes`;
}
