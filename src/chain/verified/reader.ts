import { LogosError } from '../../system/errors.ts';
import type { BlockNumber } from '../types.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointsFailed } from './errors.ts';
import type { HeadSource, VerifiedHead } from './head.ts';
import { type KnownByDigest, readByDigest, readChildStorage, readStorage } from './state-proof.ts';
import type { Proven } from './trie-proof.ts';

export interface ReaderOptions {
  /** In the order in which they are asked; one that failed goes to the end. */
  endpoints: readonly Endpoint[];
  /** Where heads come from: finality proofs, or a chain in this very process or machine. */
  heads: HeadSource;
  /** For how long, in milliseconds, a head is used before the endpoints are asked for a newer one. Default 3,000. */
  refreshMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Told of each endpoint that was passed over, and why. */
  onRejected?: (error: LogosError) => void;
}

/**
 * Reads the chain's state from endpoints that are not believed: each value comes with a proof against a block that is
 * proven final. Where one lies, is behind or silent, the next is asked; without a proof there is no value.
 */
export class VerifiedReader {
  readonly #options: ReaderOptions;
  readonly #now: () => number;
  #endpoints: readonly Endpoint[];
  #head: { head: VerifiedHead; at: number } | undefined;
  #refreshing: Promise<VerifiedHead> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#endpoints = options.endpoints;
  }

  /**
   * The last final block. One below `atLeast` is not taken from memory. Throws the endpoint's error, or ExternalError
   * `endpoints-failed` where there are several.
   */
  async head(atLeast: BlockNumber = 0): Promise<VerifiedHead> {
    const { refreshMs = 3_000 } = this.#options;
    const known = this.#head;
    if (known !== undefined && known.head.height >= atLeast && this.#now() - known.at < refreshMs) return known.head;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** The state of the last final block: everything read from it belongs together. */
  async state(atLeast: BlockNumber = 0): Promise<VerifiedState> {
    return new VerifiedState(await this.head(atLeast), (work) => this.#any(work));
  }

  /** Somebody told of a newer block: what is known of the last one is asked for again when it is next wanted. */
  outdate(): void {
    this.#head = undefined;
  }

  /** From where the next reader can go on, as far as this one has verified. */
  get checkpoint(): Checkpoint | undefined {
    return this.#options.heads.checkpoint;
  }

  async close(): Promise<void> {
    await this.#options.heads.close();
    await Promise.all(this.#options.endpoints.map((endpoint) => endpoint.close().catch(() => {})));
  }

  async #refresh(): Promise<VerifiedHead> {
    const head = await this.#options.heads.next(this.#endpoints, (error) => this.#options.onRejected?.(error));
    this.#head = { head, at: this.#now() };
    // Whoever showed the newest head has its state, too.
    this.#endpoints = [...this.#endpoints].sort((one, other) => rank(one, head) - rank(other, head));
    return head;
  }

  async #any<T>(work: (endpoint: Endpoint) => Promise<T>): Promise<{ value: T; endpoint: string }> {
    const errors: LogosError[] = [];
    for (const endpoint of this.#endpoints) {
      try {
        return { value: await work(endpoint), endpoint: endpoint.name };
      } catch (error) {
        if (!(error instanceof LogosError)) throw error;
        errors.push(error);
        this.#options.onRejected?.(error);
        this.#endpoints = [...this.#endpoints.filter((other) => other !== endpoint), endpoint];
      }
    }
    throw endpointsFailed(errors);
  }
}

function rank(endpoint: Endpoint, head: VerifiedHead): number {
  return endpoint.name === head.endpoint ? 0 : 1;
}

/** The state of one final block. */
export class VerifiedState {
  readonly head: VerifiedHead;
  readonly #any: <T>(work: (endpoint: Endpoint) => Promise<T>) => Promise<{ value: T; endpoint: string }>;

  constructor(
    head: VerifiedHead,
    any: <T>(work: (endpoint: Endpoint) => Promise<T>) => Promise<{ value: T; endpoint: string }>,
  ) {
    this.head = head;
    this.#any = any;
  }

  /** Values of storage keys, in their order; `undefined` where it is proven that there is none. */
  async read(keys: readonly Uint8Array[]): Promise<Proven[]> {
    return (await this.#any((endpoint) => readStorage(endpoint, this.head, keys))).value;
  }

  /** Values whose BLAKE2b-256 is known from something that was proven; they come without a proof of their own. */
  async readByDigest(wanted: readonly KnownByDigest[]): Promise<Uint8Array[]> {
    return (await this.#any((endpoint) => readByDigest(endpoint, this.head, wanted))).value;
  }

  /** The same as `read` in a child trie, such as a contract's storage. */
  async readChild(trieId: Uint8Array, keys: readonly Uint8Array[]): Promise<Proven[]> {
    return (await this.#any((endpoint) => readChildStorage(endpoint, this.head, trieId, keys))).value;
  }
}
