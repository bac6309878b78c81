import type { z } from 'zod';
import type {
  AccountId,
  BlockNumber,
  ConfigurationHead,
  ContractFact,
  ContractKind,
  ContractMetadata,
  Hash,
  RememberedContract,
} from '../../chain/index.ts';
import { configurationName, contractName, contractSchema, headSchema, RUNTIME, runtimeSchema } from './facts.ts';
import type { KnowledgeStore } from './store.ts';

/** Since when knowledge was not compared with the chain's head, milliseconds, from which on it is not acted on. */
export const STALE_MS = 15_000;

/** The block that something is known as of. */
export interface KnownAt {
  height: BlockNumber;
  hash: Hash;
  /** When the block was last known to be the chain's head: milliseconds since 1970, by this machine's clock. */
  time: number;
}

/**
 * Why knowledge is not to be acted on. `empty`: nothing was collected of this chain. `old`: it is longer ago than 15 seconds
 * that it was level with the chain. `unsettled`: the block that said so is not final. `damaged`: the store can't be read.
 */
export type Stale = 'empty' | 'old' | 'unsettled' | 'damaged';

export interface Answer<T> {
  /** `undefined`: there is none as of `knownAt`, or nothing is known. */
  value: T | undefined;
  knownAt: KnownAt | undefined;
  /** Since `knownAt.time`, milliseconds. */
  ageMs: number;
  stale: Stale | undefined;
}

/** When the keeper last saw the store level with the chain's head; a monotonic clock, since the other may be set. */
export interface Level {
  /** Milliseconds of `performance.now()`; `undefined` when it never was, or is in doubt. */
  at: number | undefined;
}

/** Answers from the store, at once and without asking the chain. Whoever finds an answer stale has to ask the chain. */
export class KnowledgeAgent {
  readonly #store: KnowledgeStore;
  readonly #level: Level;
  readonly #metadata: ReadonlyMap<Hash, ContractMetadata>;
  readonly #onDoubt: () => void;

  constructor(
    store: KnowledgeStore,
    level: Level,
    metadata: ReadonlyMap<Hash, ContractMetadata>,
    onDoubt: () => void = () => {},
  ) {
    this.#store = store;
    this.#level = level;
    this.#metadata = metadata;
    this.#onDoubt = onDoubt;
  }

  /** Where the contract of a section is, at which revision, and the code that it runs. */
  contract(kind: ContractKind, section: string): Answer<ContractFact> {
    return this.#answer(contractName(kind, section), contractSchema);
  }

  /** Version and digest of a section of the configuration. */
  configuration(section: string): Answer<ConfigurationHead> {
    const contract = this.contract('Configuration', section);
    if (contract.value === undefined || contract.stale !== undefined) return { ...contract, value: undefined };
    return this.configurationOf(contract.value.address);
  }

  /** The same of the section that a contract holds. */
  configurationOf(contract: AccountId): Answer<ConfigurationHead> {
    return this.#answer(configurationName(contract), headSchema);
  }

  /** Version of the chain's runtime. */
  runtime(): Answer<{ specVersion: number }> {
    return this.#answer(RUNTIME, runtimeSchema);
  }

  /** What this program knows of a code: messages, storage layout. No chain can change what a hash stands for. */
  metadata(codeHash: Hash): ContractMetadata | undefined {
    return this.#metadata.get(codeHash);
  }

  /** What may be acted on without asking the chain. */
  find(kind: ContractKind, section: string): RememberedContract | undefined {
    const { value, stale, knownAt } = this.contract(kind, section);
    if (value === undefined || stale !== undefined || knownAt === undefined) return undefined;
    const { address, codeHash, revision } = value;
    return { address, codeHash, revision, knownAt: knownAt.height };
  }

  /** Until the keeper has looked again, all is stale. */
  doubt(): void {
    this.#level.at = undefined;
    this.#onDoubt();
  }

  #answer<T>(name: string, schema: z.ZodType<T>): Answer<T> {
    const { cursor } = this.#store;
    if (cursor === undefined) return { value: undefined, knownAt: undefined, ageMs: Infinity, stale: 'empty' };
    const { height, hash, finalized, time } = cursor;
    const since = this.#level.at;
    const age = since === undefined ? undefined : performance.now() - since;
    const known = { knownAt: { height, hash, time }, ageMs: age ?? Math.max(0, Date.now() - time) };
    try {
      const kept = this.#store.find(name);
      const value = kept === undefined ? undefined : schema.parse(kept.value);
      if (age === undefined || age > STALE_MS) return { value, ...known, stale: 'old' };
      return { value, ...known, stale: (kept?.changed ?? 0) > finalized ? 'unsettled' : undefined };
    } catch {
      this.doubt();
      return { value: undefined, ...known, stale: 'damaged' };
    }
  }
}
