import type { AccountId, BlockNumber, ChainHead, Hash } from './types.ts';

export type ContractKind = 'Configuration' | 'Operation' | 'Privacy';

/** A contract of a region, as the chain's registry (pallet SCL) has it. */
export interface RegisteredContract {
  address: AccountId;
  /** Hash of the code that it had when it was registered. */
  codeHash: Hash;
  /** How often a contract was registered under this name, this time included. */
  revision: number;
}

/** Where a contract is and what it is, with the code that it runs now. */
export interface ContractFact extends RegisteredContract {
  kind: ContractKind;
  section: string;
  /** Of the infrastructure: 0 physical, 1 hosting, 2 computing environment, 3 client environment. */
  layer: number;
  /** Block in which it was registered. */
  since: BlockNumber;
  /** Hash of the code that it runs: an upgrade changes it and leaves the registry as it is. */
  runs: Hash;
}

/** How often a configuration section was changed, and the digest of all its changes. */
export interface ConfigurationHead {
  version: number;
  digest: Hash;
}

/** Something that a block changed about a region's contracts, in the order of its events. */
export type RegistryFact =
  | ({ fact: 'registered' } & Omit<ContractFact, 'runs'>)
  | { fact: 'unregistered'; kind: ContractKind; section: string }
  | { fact: 'code'; address: AccountId; runs: Hash }
  | { fact: 'ended'; address: AccountId };

/** Which block of the chain: its own hash, and that of the one before. */
export interface BlockPlace {
  height: BlockNumber;
  hash: Hash;
  parent: Hash;
}

/** What a block changed. */
export interface BlockChanges {
  facts: readonly RegistryFact[];
  /** Accounts whose section of the configuration may have another head after it. */
  touched: readonly AccountId[];
  /** Version of the runtime after it. */
  specVersion: number;
}

/** All of a region's registry, as of one block. */
export interface RegistryState {
  contracts: readonly ContractFact[];
  /** By the configuration contracts' accounts. */
  configurations: ReadonlyMap<AccountId, ConfigurationHead>;
  specVersion: number;
}

/** Reads what a chain's registry of contracts says, block by block. Every call fails like the other calls of a chain. */
export interface RegistrySource {
  readonly genesis: Hash;
  readonly region: string;
  head(): Promise<ChainHead>;
  /** Calls back for each new best block. Returns how to stop. */
  onHead(listener: () => void): () => void;
  place(block: Hash): Promise<BlockPlace>;
  /** Hash of the block of this height on the best chain. */
  hashAt(height: BlockNumber): Promise<Hash>;
  changes(block: BlockPlace): Promise<BlockChanges>;
  state(block: Hash): Promise<RegistryState>;
  /** Head of the section that a contract holds, after a block; `undefined` when the contract has no answer. */
  configurationHead(contract: AccountId, block: Hash): Promise<ConfigurationHead | undefined>;
}

/** A contract as it was after a block. */
export interface RememberedContract extends RegisteredContract {
  knownAt: BlockNumber;
}

/** Knows where contracts are without asking the chain. */
export interface ContractDirectory {
  /** `undefined` for what it does not know, or not well enough to act on: then it is to be looked up. */
  find(kind: ContractKind, section: string): RememberedContract | undefined;
  /** Asks the chain; `undefined` where there is none. Fails like the other calls of a chain. */
  look(kind: ContractKind, section: string): Promise<RegisteredContract | undefined>;
  /** Something that it said turned out to be wrong: it looks again. */
  doubt(): void;
}
