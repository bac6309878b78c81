import type { MachineRegister } from './machine-types.ts';
import type { ContractDirectory, RegistrySource } from './registry-types.ts';
import type { Outcome } from './tx/outcome.ts';
import type {
  AccountId,
  BlockNumber,
  ConfigurationValue,
  Hash,
  HostSigner,
  LogosChain,
  Operation,
  TransactionReceipt,
} from './types.ts';

/** A chain with all of its contracts. */
export interface ConnectedChain extends LogosChain {
  /**
   * Makes all changes of a configuration section in one transaction, or none. `version` is the version that the caller
   * worked from: somebody else's change in between is refused as `VersionConflict`. Up to 1,024 changes, 192 KiB in all.
   */
  configure(
    signer: HostSigner,
    section: string,
    version: number,
    changes: readonly ConfigurationChange[],
  ): Promise<TransactionReceipt>;
  /** What the registry of contracts says, for whoever keeps knowledge of it. */
  readonly registry: RegistrySource;
  /** From now on `directory` is asked where contracts are before the chain is. */
  consult(directory: ContractDirectory): void;
  /** Where an account stands in the registry of gatekeepers; `undefined`: it is not in it, and calls no contract. */
  gatekeeperStanding(account: AccountId): Promise<GatekeeperStanding | undefined>;
  readonly privacy: PrivacyContract;
  readonly placement: PlacementContract;
  readonly deployment: DeploymentContract;
  readonly leases: LeaseContract;
  /** The machines that people lend, and the rules that they are held to. */
  readonly machines: MachineRegister;
  /** Gives `amount` Planck of the signer's to another account. */
  pay(signer: HostSigner, account: AccountId, amount: bigint): Promise<TransactionReceipt>;
  /** The lent machines that the chain excluded in a block, of all regions. */
  excludedIn(block: Hash): Promise<AccountId[]>;
  /** All operations that a host was ever asked for, oldest first. */
  operationsOf(host: AccountId): Promise<Operation[]>;
}

/** Only those in good standing call contracts: the runtime refuses the others. */
export type GatekeeperStanding = 'good' | 'suspended' | 'excluded';

/** A key with its new value, or with none to be taken away. */
export type ConfigurationChange =
  | { key: string; value: ConfigurationValue; mediaType: string }
  | { key: string; remove: true };

/** What a member of a role may do; each may do what those before it may. */
export type Access = 'reader' | 'writer' | 'keeper';

export interface RoleMember {
  account: AccountId;
  access: Access;
}

export interface Secret {
  name: string;
  bytes: Uint8Array;
  /** How often it was set, from 1. */
  version: number;
  by: AccountId;
  since: BlockNumber;
}

/** Data off chain: the Merkle tree hash of its pieces, and its size in bytes. */
export interface AnchoredData {
  root: Hash;
  size: number;
}

export interface PossessionChallenge extends AnchoredData {
  holder: AccountId;
  /** Number of the piece that is asked for, from 0. */
  index: number;
  deadline: BlockNumber;
}

/** Private data on chain (PSC). Names of roles and values are hashed, values are sealed to the role's key. */
export interface PrivacyContract {
  /** Lets others seal to this account. Done before anything else, once. */
  publishKey(signer: HostSigner): Promise<TransactionReceipt | undefined>;
  createRole(signer: HostSigner, role: string): Promise<TransactionReceipt>;
  /** Removes a role with all it has: the way out for an admin of the contract when its keepers lost their keys. */
  dropRole(signer: HostSigner, role: string): Promise<TransactionReceipt>;
  members(role: string): Promise<RoleMember[]>;
  grant(signer: HostSigner, role: string, account: AccountId, access: Access): Promise<TransactionReceipt>;
  /** Takes an account's access; the others get a new key, and all values are sealed to it. */
  revoke(signer: HostSigner, role: string, account: AccountId): Promise<TransactionReceipt>;
  /** Gives a role a new key, with all values sealed to it. */
  rotate(signer: HostSigner, role: string): Promise<TransactionReceipt>;
  put(signer: HostSigner, role: string, name: string, bytes: Uint8Array): Promise<TransactionReceipt>;
  /** The value of a name; `undefined` where there is none. Throws UserError `role-closed` for who has no access. */
  get(signer: HostSigner, role: string, name: string): Promise<Secret | undefined>;
  /** All values of a role, by name. */
  list(signer: HostSigner, role: string): Promise<Secret[]>;
  remove(signer: HostSigner, role: string, name: string): Promise<TransactionReceipt>;
  /** Names encrypted data that is kept elsewhere; the value of this name holds what is needed to read it. */
  anchor(signer: HostSigner, role: string, name: string, data: Uint8Array): Promise<TransactionReceipt>;
  anchored(role: string, name: string): Promise<AnchoredData | undefined>;
  /** Asks a holder to prove within 15 minutes that it has the data. Returns the challenge's id. */
  challenge(
    signer: HostSigner,
    role: string,
    name: string,
    holder: AccountId,
  ): Promise<{ id: bigint } & TransactionReceipt>;
  challenged(id: bigint): Promise<PossessionChallenge | undefined>;
  /** Answers a challenge from the data. */
  prove(signer: HostSigner, id: bigint, data: Uint8Array): Promise<TransactionReceipt>;
  /** Ends a challenge that wasn't answered in time. */
  fail(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  /** Block in which a holder last proved that it has the data. */
  lastProven(holder: AccountId, root: Hash): Promise<BlockNumber | undefined>;
}

export interface HostResources {
  vcpus: number;
  memoryMiB: number;
  diskGiB: number;
}

export interface PlacementHost {
  class: string;
  capacity: HostResources;
  used: HostResources;
  guests: number;
  /** Whether it takes new guests. */
  open: boolean;
}

export interface GuestPlacement {
  host: AccountId;
  needs: HostResources;
  by: AccountId;
  since: BlockNumber;
}

/** Which host each guest goes to (OSC). What was decided already changes nothing when it is said again. */
export interface PlacementContract {
  setHost(
    signer: HostSigner,
    host: AccountId,
    state: Pick<PlacementHost, 'class' | 'capacity' | 'open'>,
  ): Promise<TransactionReceipt>;
  removeHost(signer: HostSigner, host: AccountId): Promise<TransactionReceipt>;
  place(signer: HostSigner, guest: string, host: AccountId, needs: HostResources): Promise<TransactionReceipt>;
  move(signer: HostSigner, guest: string, host: AccountId): Promise<TransactionReceipt>;
  release(signer: HostSigner, guest: string): Promise<TransactionReceipt>;
  host(account: AccountId): Promise<PlacementHost | undefined>;
  hosts(): Promise<({ account: AccountId } & PlacementHost)[]>;
  /** Sums over a class: what its open hosts have, and what all its guests take. */
  class(name: string): Promise<{ capacity: HostResources; used: HostResources }>;
  placement(guest: string): Promise<GuestPlacement | undefined>;
}

export interface DeploymentChange {
  /** What it changes, such as `region/network`. */
  target: string;
  /** SHA-256 of the manifest that names every artefact of the change, 64 hexadecimal digits. */
  closure: string;
  /** Size of that manifest in bytes. */
  size: number;
  /** The closure that it replaces; absent for a target that has none. */
  replaces?: string;
}

export type DeploymentStatus = 'proposed' | 'approved' | 'applied' | 'failed' | 'rejected' | 'withdrawn' | 'expired';

export interface DeploymentProposal {
  id: bigint;
  author: AccountId;
  change: DeploymentChange;
  status: DeploymentStatus;
  approvals: AccountId[];
  threshold: number;
  proposedAt: BlockNumber;
  /** First block in which it can't be approved any more. */
  deadline: BlockNumber;
}

/** What the deployment contract held at one block. */
export interface DeploymentView {
  readonly height: BlockNumber;
  /** All proposals from this number on; the first has number 1. */
  from(first: bigint): Promise<DeploymentProposal[]>;
  /** The proposal that was applied to a target last. */
  current(target: string): Promise<DeploymentProposal | undefined>;
}

/** What is to run, who wants it, who approved it (OSC). */
export interface DeploymentContract {
  /** What it holds now, all as of one block: of a `TrustedChain`, proven and final. */
  view(): Promise<DeploymentView>;
  /** The same `requestId` (32 bytes, hexadecimal) again has no second effect. */
  propose(
    signer: HostSigner,
    requestId: string,
    change: DeploymentChange,
    waitBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt>;
  approve(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  reject(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  withdraw(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  expire(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  /** `applied` is the SHA-256 of the report, 64 hexadecimal digits. */
  report(
    signer: HostSigner,
    id: bigint,
    outcome: { applied: string } | { failed: string },
  ): Promise<TransactionReceipt>;
  setThreshold(signer: HostSigner, threshold: number): Promise<TransactionReceipt>;
  threshold(): Promise<number>;
  proposal(id: bigint): Promise<DeploymentProposal | undefined>;
  /** The proposal that was applied to a target last. */
  current(target: string): Promise<DeploymentProposal | undefined>;
}

export interface Lease {
  id: bigint;
  customer: AccountId;
  payer: AccountId;
  class: string;
  /** Planck a block. */
  price: bigint;
  from: BlockNumber;
  /** First block after it. */
  until: BlockNumber;
  settledUntil: BlockNumber;
  status: 'active' | 'ended' | 'cancelled';
}

/** What customers rent, paid in advance (OSC). */
export interface LeaseContract {
  /** Planck a block; `undefined` when the class isn't for rent. */
  price(name: string): Promise<bigint | undefined>;
  setPrice(signer: HostSigner, name: string, price: bigint | undefined): Promise<TransactionReceipt>;
  /** The signer pays for all blocks now. The same `requestId` again has no second effect. */
  open(
    signer: HostSigner,
    requestId: string,
    lease: { customer: AccountId; class: string; blocks: number },
  ): Promise<{ id: bigint } & TransactionReceipt>;
  settle(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  cancel(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  lease(id: bigint): Promise<Lease | undefined>;
}

/** The contracts that this version speaks to: each has its file in contracts/artifacts. */
export type ContractName = 'configuration' | 'deployment' | 'lease' | 'operation' | 'placement' | 'privacy';

/** A contract of a region, as a deployment found or left it. */
export interface DeployedContract {
  contract: ContractName;
  kind: 'Configuration' | 'Operation' | 'Privacy';
  section: string;
  address: AccountId;
  codeHash: Hash;
  /** `unregistered`: made by an earlier run, and still to be entered by whoever administers the chain. */
  state: 'present' | 'deployed' | 'upgraded' | 'unregistered';
}

/** What a deployment did. */
export interface Deployment {
  region: string;
  contracts: DeployedContract[];
  /** Absent when nothing was missing. */
  receipt?: TransactionReceipt;
  /** Registrations that the signer may not make: a call, in hexadecimal, for whoever administers the chain. */
  registration?: Hash;
  /** The referendum that decides about the registrations. */
  referendum?: number;
  /** What was sent for the referendum; absent without one, empty when an earlier run had done it. */
  transactions?: Outcome[];
}
