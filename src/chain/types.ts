/** SS58 address, prefix 42. */
export type AccountId = string;
export type Hash = `0x${string}`;
export type BlockNumber = number;

export interface ChainHead {
  height: BlockNumber;
  hash: Hash;
  /** Height of the last block that can't be undone. */
  finalized: BlockNumber;
}

export interface ChainIdentity {
  name: string;
  genesis: Hash;
  specName: string;
  specVersion: number;
  /** Whether its well-known keys (//Alice, …) hold its power: never a chain of value. */
  development: boolean;
}

export interface ArtifactReference {
  /** SHA-256, 64 hexadecimal digits. */
  digest: string;
  /** Bytes. */
  size: number;
}

export type ConfigurationValue = { kind: 'inline'; bytes: Uint8Array } | ({ kind: 'artifact' } & ArtifactReference);

export interface ConfigurationEntry {
  key: string;
  value: ConfigurationValue;
  mediaType: string;
  /** Version of the section that set it. */
  version: number;
}

/** All of a section as it was at one block. */
export interface ConfigurationSnapshot {
  section: string;
  version: number;
  digest: Hash;
  entries: ReadonlyMap<string, ConfigurationEntry>;
}

export type ProvidePath = 'kvm' | 'qemu' | 'gpu';

/** What a host says of itself when it asks to be admitted. */
export interface Admission {
  class: string;
  path: ProvidePath;
  /** SHA-256 of the inventory document, 64 hexadecimal digits. */
  inventory: string;
  /** Version of the gatekeeper that the host runs. */
  gatekeeper: string;
}

export interface Member {
  standing: 'admitted' | 'left' | 'excluded';
  admission: Admission;
  since: BlockNumber;
}

export type OperationKind = StartDvm | StopDvm | RunCommand;

export interface StartDvm {
  kind: 'start-dvm';
  name: string;
  template: string;
}

export interface StopDvm {
  kind: 'stop-dvm';
  name: string;
}

/** A native command that a gatekeeper let through: what its library calls it, and the digests of both. */
export interface RunCommand {
  kind: 'run';
  /** Labels with `/` between them, such as `kubeadm/join`. */
  operation: string;
  /** SHA-256 of the reference library, in hexadecimal. */
  library: string;
  /** SHA-256 of the document with the command's arguments, in hexadecimal. */
  command: string;
}

export type OperationState = 'requested' | 'approved' | 'claimed' | 'done' | 'failed' | 'expired';

export interface Operation<K extends OperationKind = OperationKind> {
  id: bigint;
  host: AccountId;
  kind: K;
  state: OperationState;
  requestedAt: BlockNumber;
  /** First block in which it can't be claimed any more. */
  deadline: BlockNumber;
  /** The requester's own number for it: 64 hexadecimal digits. The chain always says it. */
  requestId?: string;
  /** Who asked; for an admission guest the contract itself. The chain always says it. */
  requestedBy?: AccountId;
}

export interface TransactionReceipt {
  transaction: Hash;
  block: Hash;
  height: BlockNumber;
}

/** How a host did an operation: `done` is the SHA-256 of the document that describes it, 64 hexadecimal digits. */
export type OperationOutcome = { done: string } | { failed: string };

/** A host's account, able to sign. */
export interface HostSigner {
  readonly address: AccountId;
}

/** The chain, whether embedded or remote. Every call ends within the time-out that `connectChain` was given, or fails. */
export interface LogosChain {
  readonly identity: ChainIdentity;
  head(): Promise<ChainHead>;
  /** Calls back for each new best block, also after the connection was lost and found again. Returns how to stop. */
  onHead(listener: (head: ChainHead) => void): () => void;
  configuration(section: string): Promise<ConfigurationSnapshot>;
  /** Names of the region's registered configuration sections. */
  sections(): Promise<string[]>;
  member(account: AccountId): Promise<Member | undefined>;
  openOperations(host: AccountId): Promise<Operation[]>;
  operation(id: bigint): Promise<Operation | undefined>;
  /** Planck. */
  balance(account: AccountId): Promise<bigint>;
  /** Gives `amount` Planck from //Alice. Development chains only. */
  fund(account: AccountId, amount: bigint): Promise<TransactionReceipt>;
  /** The same `requestId` (32 bytes, hexadecimal) again has no second effect. */
  admit(signer: HostSigner, requestId: string, admission: Admission): Promise<TransactionReceipt>;
  leave(signer: HostSigner): Promise<TransactionReceipt>;
  request(
    signer: HostSigner,
    requestId: string,
    host: AccountId,
    kind: OperationKind,
    deadlineBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt>;
  claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt>;
  complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt>;
  close(): Promise<void>;
}
