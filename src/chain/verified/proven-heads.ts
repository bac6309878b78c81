import { LogosError } from '../../system/errors.ts';
import type { Hash } from '../types.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointsFailed, finalityConflict } from './errors.ts';
import { type Advance, checkChain, followFinality, genesisCheckpoint } from './finality.ts';
import { type Freshness, freshHead, type HeadSource, type VerifiedHead } from './head.ts';

export interface FinalityAnchor {
  /** Hash of the chain's genesis block: with it alone, trust begins at genesis. */
  readonly genesis: Hash;
  /** Where trust begins instead, from a source that is trusted. */
  readonly checkpoint?: Checkpoint;
  /** File that keeps how far this machine has verified. */
  readonly store?: string;
}

/** Between two writes of the checkpoint, as long as the authorities stay the same. */
const STORE_EVERY_MS = 60_000;

type Report = (error: LogosError) => void;
interface Candidate extends Advance {
  readonly endpoint: Endpoint;
}

/** Heads that GRANDPA justifications prove, followed from a checkpoint on. They never go back. */
export class ProvenHeads implements HeadSource {
  readonly #anchor: FinalityAnchor;
  readonly #freshness: Freshness;
  readonly #known = new Set<Endpoint>();
  #checkpoint: Checkpoint | undefined;
  #stored: { checkpoint: Checkpoint; at: number } | undefined;

  constructor(anchor: FinalityAnchor, freshness: Freshness) {
    this.#anchor = anchor;
    this.#freshness = freshness;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Asks all endpoints, so that one that holds new blocks back is outdone by any other. */
  async next(endpoints: readonly Endpoint[], onRejected: Report): Promise<VerifiedHead> {
    const errors: LogosError[] = [];
    const reject = (error: unknown): undefined => {
      if (!(error instanceof LogosError)) throw error;
      errors.push(error);
      onRejected(error);
    };
    const from = await this.#begin(endpoints, reject);
    const found = await Promise.all(endpoints.map((endpoint) => this.#advance(endpoint, from).catch(reject)));
    const candidates = found.filter((one) => one !== undefined).sort((a, b) => b.header.height - a.header.height);
    requireOneChain(candidates);
    for (const { endpoint, header, checkpoint } of candidates) {
      const head = await freshHead(endpoint, header, 'finality', this.#freshness).catch(reject);
      if (head === undefined) continue;
      await this.#reach(checkpoint);
      return head;
    }
    throw endpointsFailed(errors);
  }

  async close(): Promise<void> {
    await this.#store();
  }

  async #begin(endpoints: readonly Endpoint[], reject: (error: unknown) => undefined): Promise<Checkpoint> {
    if (this.#checkpoint !== undefined) return this.#checkpoint;
    const { genesis, checkpoint: given, store } = this.#anchor;
    const stored = store === undefined ? undefined : await readCheckpoint(store, genesis);
    if (stored !== undefined) this.#stored = { checkpoint: stored, at: this.#freshness.now() };
    const newest = given !== undefined && given.height > (stored?.height ?? -1) ? given : stored;
    const atGenesis = async (endpoint: Endpoint): Promise<Checkpoint> => {
      await this.#sameChain(endpoint);
      return genesisCheckpoint(endpoint, genesis);
    };
    this.#checkpoint = newest ?? (await firstOf(endpoints, atGenesis, reject));
    return this.#checkpoint;
  }

  async #advance(endpoint: Endpoint, from: Checkpoint): Promise<Candidate> {
    await this.#sameChain(endpoint);
    return { endpoint, ...(await followFinality(endpoint, from)) };
  }

  async #sameChain(endpoint: Endpoint): Promise<void> {
    if (this.#known.has(endpoint)) return;
    await checkChain(endpoint, this.#anchor.genesis);
    this.#known.add(endpoint);
  }

  async #reach(checkpoint: Checkpoint): Promise<void> {
    this.#checkpoint = checkpoint;
    const { checkpoint: before, at } = this.#stored ?? { at: Number.NEGATIVE_INFINITY };
    if (before?.setId !== checkpoint.setId || this.#freshness.now() - at >= STORE_EVERY_MS) await this.#store();
  }

  async #store(): Promise<void> {
    const checkpoint = this.#checkpoint;
    const { store } = this.#anchor;
    if (store === undefined || checkpoint === undefined || this.#stored?.checkpoint === checkpoint) return;
    await writeCheckpoint(store, checkpoint);
    this.#stored = { checkpoint, at: this.#freshness.now() };
  }
}

/** Two final blocks of one height are not for a program to choose from. */
function requireOneChain(candidates: readonly Candidate[]): void {
  for (const [index, { endpoint, header }] of candidates.entries()) {
    const before = candidates[index - 1];
    if (before === undefined || before.header.height !== header.height || before.header.hash === header.hash) continue;
    throw finalityConflict(header.height, before.endpoint.name, endpoint.name);
  }
}

async function firstOf<T>(
  endpoints: readonly Endpoint[],
  work: (endpoint: Endpoint) => Promise<T>,
  reject: (error: unknown) => undefined,
): Promise<T> {
  const errors: LogosError[] = [];
  for (const endpoint of endpoints) {
    const value = await work(endpoint).catch((error: unknown) => {
      if (error instanceof LogosError) errors.push(error);
      return reject(error);
    });
    if (value !== undefined) return value;
  }
  throw endpointsFailed(errors);
}
