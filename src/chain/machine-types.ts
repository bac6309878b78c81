import type { AccountId, BlockNumber, Hash, HostSigner, TransactionReceipt } from './types.ts';

/** What a strike is for. Main gatekeepers report `refused` and `deviates`, which a guard attests, too; the chain sees the others itself. */
export type Fault = 'silent' | 'unanswered' | 'wrong' | 'refused' | 'deviates' | 'unattested';

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
  /** Blocks between two attestations of a bound guard, at most; `undefined` where the runtime knows no guards. */
  attestTerm?: number;
  /** How many blocks old the one may be that an attestation answers. */
  attestWindow?: number;
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

/** The guard that a machine is bound to, and what it attested. */
export interface MachineGuard {
  /** The account that signs the attestations. */
  guard: AccountId;
  /** Digest of what the machine has to be; none until the first attestation. */
  manifest?: Hash;
  /** What it had to be before, and the last block in which that is still taken. */
  former?: { manifest: Hash; until: BlockNumber };
  /** The block that the last attestation answered; that of the binding before the first. */
  attested: BlockNumber;
  /** The block in which the last attestation was taken; that of the binding before the first. */
  seen: BlockNumber;
  /** Last block in which the next attestation is in time. */
  due: BlockNumber;
  /** Whether the last one that was waited for didn't come. */
  missed: boolean;
}

/** What a guard says of its machine. */
export interface Attestation {
  /** Digest of what the machine has to be. */
  manifest: Hash;
  /** Whether it is that. */
  intact: boolean;
}

/** All that the chain says of a machine, as of one block. */
export interface MachineRecord {
  machine: Machine;
  ruling?: Ruling;
  challenge?: MachineChallenge;
  guard?: MachineGuard;
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
  /** Names the key of the guard of the signer's machine: once in its membership. That account has to hold what a fee costs. */
  bindGuard(signer: HostSigner, guard: AccountId): Promise<TransactionReceipt>;
  /** The account of the machine that a key guards; `undefined` for any other key. */
  machineOf(guard: AccountId): Promise<AccountId | undefined>;
  /**
   * Attests what the machine is, as an answer to the newest block; `guard` signs. Free where the chain takes it. A
   * deviation is taken at any time, and excludes by the first rules; the first attestation records the manifest.
   * Throws `guard-not-bound` for a key that guards no machine.
   */
  attest(guard: HostSigner, said: Attestation): Promise<TransactionReceipt>;
  /** For main gatekeepers: sets what a machine has to be. What it had to be before is taken for one more term. */
  setManifest(signer: HostSigner, account: AccountId, manifest: Hash): Promise<TransactionReceipt>;
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
