import type { AccountId, BlockNumber, Hash, HostSigner, TransactionReceipt } from './types.ts';

/** What a strike is for. The chain sees the first three itself; a main gatekeeper reports the others. */
export type Fault = 'silent' | 'unanswered' | 'wrong' | 'refused' | 'deviates';

/** What lent machines are held to, as the chain holds it (pallet DRN); governance changes it. */
export interface MachineRules {
  /** Blocks between two heartbeats, at most. */
  heartbeatTerm: number;
  /** Blocks between two heartbeats, at least. */
  heartbeatGap: number;
  /** The strike that suspends, and the one that excludes. */
  suspendAt: number;
  excludeAt: number;
  /** Heartbeats and right answers without a strike between them that re-admit a suspended machine. */
  readmitAfter: number;
  /** Faults that exclude at once. */
  fatal: readonly Fault[];
  /** What a machine deposits, Planck. */
  collateral: bigint;
}

export type MachineState = 'active' | 'suspended' | 'leaving' | 'excluded';

/** A lent machine, as the chain has it. */
export interface Machine {
  account: AccountId;
  region: string;
  state: MachineState;
  since: BlockNumber;
  /** Block of its last heartbeat, or of the strike for being silent after it. */
  seen: BlockNumber;
  /** Last block in which its next heartbeat is in time. */
  due: BlockNumber;
  /** Digest that its last heartbeat brought. */
  report: Hash;
  strikes: number;
  /** While it is suspended: heartbeats and right answers since the last strike. */
  clean: number;
}

/** The rule that decided, what was counted, and the digest of the evidence. */
export type RulingReason =
  | { rule: 'strikes'; fault: Fault; strikes: number; limit: number; evidence?: Hash }
  | { rule: 'fatal'; fault: Fault; evidence?: Hash }
  | { rule: 'clean'; clean: number; limit: number }
  /** A main gatekeeper said so; the administration where nobody is named. */
  | { rule: 'ordered'; by?: AccountId };

/** The last decision about a machine, by the chain itself. */
export interface Ruling {
  decision: 'suspended' | 'readmitted' | 'excluded';
  because: RulingReason;
  at: BlockNumber;
}

export interface MachineChallenge {
  /** The answer is made from it; nobody knew it before. */
  seed: Hash;
  /** Last block in which it can be answered. */
  deadline: BlockNumber;
  /** Once it is there. */
  answer?: Hash;
}

/** All that the chain says of a machine, as of one block. */
export interface MachineRecord {
  machine: Machine;
  ruling?: Ruling;
  challenge?: MachineChallenge;
  /** Evidence of the last reports, oldest first: the chain counts none of it again. */
  reported: readonly Hash[];
}

/** The chain's register of lent machines. Each call throws what the connection and the chain do. */
export interface MachineRegister {
  /** `undefined` on a chain whose runtime holds no such rules. */
  rules(): Promise<MachineRules | undefined>;
  /** `undefined` for an account whose machine is no member. */
  find(account: AccountId): Promise<MachineRecord | undefined>;
  /** The region's machines, those that were excluded included. */
  all(): Promise<MachineRecord[]>;
  /** Whether the account is a main gatekeeper of the region, in good standing. */
  isMain(account: AccountId): Promise<boolean>;
  /** Makes the signer's machine a member; its collateral is held. */
  join(signer: HostSigner): Promise<TransactionReceipt>;
  /** Says that the machine is there. Free where the chain takes it. */
  heartbeat(signer: HostSigner, report: Hash): Promise<TransactionReceipt>;
  respond(signer: HostSigner, answer: Hash): Promise<TransactionReceipt>;
  /** Begins to take the machine off: the collateral is free after the chain's term. */
  leave(signer: HostSigner): Promise<TransactionReceipt>;
  /** For main gatekeepers: asks a machine, judges what it answered, reports a fault, excludes. */
  challenge(signer: HostSigner, account: AccountId): Promise<TransactionReceipt>;
  judge(signer: HostSigner, account: AccountId, right: boolean): Promise<TransactionReceipt>;
  report(
    signer: HostSigner,
    account: AccountId,
    fault: 'refused' | 'deviates',
    evidence: Hash,
  ): Promise<TransactionReceipt>;
  exclude(signer: HostSigner, account: AccountId): Promise<TransactionReceipt>;
}
