import type {
  AccountId,
  BlockNumber,
  HostSigner,
  MachineRecord,
  MachineRegister,
  MachineRules,
  Operation,
} from '../../chain/index.ts';
import { type SeenFault, seenFaults } from './evidence.ts';
import { type Judgement, judgeMachine } from './judge.ts';
import { type Integrity, isRightAnswer, readReport } from './report.ts';

/** What oversight reads of the chain and tells it. */
export interface OverseenChain {
  readonly machines: MachineRegister;
  head(): Promise<{ height: BlockNumber; finalized: BlockNumber }>;
  operationsOf(host: AccountId): Promise<Operation[]>;
}

/** What was seen of a machine, the rules' decision and why. */
export interface Overseen {
  readonly record: MachineRecord;
  /** What its last heartbeat says; `undefined` where that is no verdict of this machine. */
  readonly integrity: Integrity | undefined;
  readonly faults: readonly SeenFault[];
  readonly judgement: Judgement;
}

export interface Oversight {
  readonly height: BlockNumber;
  readonly rules: MachineRules;
  readonly machines: readonly Overseen[];
}

/**
 * Looks at the region's machines and judges each by the rules on chain; changes nothing. `undefined` on a chain that keeps no
 * such rules. Throws what the chain does.
 */
export async function oversee(chain: OverseenChain): Promise<Oversight | undefined> {
  const rules = await chain.machines.rules();
  if (rules === undefined) return undefined;
  const records = await chain.machines.all();
  const head = await chain.head();
  // On a fork that loses, operations look undone. A development chain makes nothing final.
  const height = head.finalized > 0 ? head.finalized : head.height;
  const machines: Overseen[] = [];
  for (const record of records) {
    const { account, report } = record.machine;
    const faults = isHeld(record) ? seenFaults(height, record, await chain.operationsOf(account)) : [];
    const judgement = judgeMachine({ now: height, record, faults }, rules);
    machines.push({ record, integrity: readReport(account, report), faults, judgement });
  }
  return { height, rules, machines };
}

/** What a main gatekeeper told the chain. */
export type Told =
  | {
      readonly told: 'report';
      readonly account: AccountId;
      readonly fault: SeenFault['fault'];
      readonly evidence: string;
    }
  | { readonly told: 'judge'; readonly account: AccountId; readonly right: boolean };

/**
 * Tells the chain what it can't see: each fault with the digest of its evidence, and whether answers are right. The chain
 * decides by its rules. Only a main gatekeeper of the region may. Throws what the chain does.
 */
export async function carryOutOversight(
  { machines }: OverseenChain,
  signer: HostSigner,
  oversight: Oversight,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const { record, faults } of oversight.machines) {
    if (!isHeld(record)) continue;
    const { account } = record.machine;
    const { challenge } = record;
    if (challenge?.answer !== undefined) {
      const right = isRightAnswer(account, challenge.seed, challenge.answer);
      await machines.judge(signer, account, right);
      told.push({ told: 'judge', account, right });
    }
    for (const { fault, evidence } of faults) {
      // What was told before may have excluded it: nothing more counts then.
      const now = await machines.find(account);
      if (now === undefined || !isHeld(now)) break;
      if (now.reported.includes(evidence)) continue;
      await machines.report(signer, account, fault, evidence);
      told.push({ told: 'report', account, fault, evidence });
    }
  }
  return told;
}

/** Whether a machine is held to the rules still. */
function isHeld({ machine }: MachineRecord): boolean {
  return machine.state === 'active' || machine.state === 'suspended';
}
