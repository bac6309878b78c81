import type { BlockChanges, BlockPlace, ChainHead, ContractFact, RegistrySource } from '../../chain/index.ts';
import type { Clock } from '../../system/clock.ts';
import { LogosError, toLogosError } from '../../system/errors.ts';
import type { GatekeeperLog } from '../log.ts';
import type { Level } from './agent.ts';
import { isUnreadable } from './database.ts';
import { configurationName, contractSchema, type FactChanges, factsOf, headsToRead, learn, RUNTIME } from './facts.ts';
import { HISTORY, type KnowledgeStore, Overtaken } from './store.ts';

/** How often the head is asked for where no block announces itself, milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** How long the time of the last look may be on disk only as it was before, milliseconds. */
const NOTE_EVERY_MS = 30_000;

export interface KeeperOptions {
  source: RegistrySource;
  store: KnowledgeStore;
  level: Level;
  clock: Clock;
  log: GatekeeperLog;
}

/**
 * Keeps the store level with the chain: reads what each new block changed, takes back what a fork took back, and collects all
 * anew from the state of the last final block where it knows nothing, was away for long, or can't read on.
 */
export class KnowledgeKeeper {
  readonly #options: KeeperOptions;
  #wake: () => void = () => {};
  #lastFailure: string | undefined;
  #inDoubt = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Follows the chain until `signal` is aborted. Failures are told to the log, each once, and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, clock } = this.#options;
    const stop = source.onHead(() => this.#wake());
    try {
      while (!signal.aborted) {
        const pause = new AbortController();
        this.#wake = () => pause.abort();
        await this.#attempt(signal);
        await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, pause.signal]));
      }
    } finally {
      stop();
    }
  }

  /** Something that is known turned out to be wrong: unless there are blocks to read, all is collected anew. */
  doubt(): void {
    this.#inDoubt = true;
    this.#wake();
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.step();
      this.#lastFailure = undefined;
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof Overtaken) return this.#wake();
      if (isUnreadable(thrown) || !this.#options.store.isOpen) this.#renew();
      const { code, message } = toLogosError(thrown);
      if (code === this.#lastFailure) return;
      this.#lastFailure = code;
      this.#options.log({ level: 'warning', code, message: `Knowledge of the contracts is not renewed: ${message}` });
    }
  }

  #renew(): void {
    try {
      this.#options.store.renew();
    } catch {
      // The disk is full, or the file is another user's: nothing is known until that changes.
    }
  }

  /** Brings the store to the chain's head. Throws what the chain and the store throw; what was learnt until then stays. */
  async step(): Promise<void> {
    const { source, store, level } = this.#options;
    const began = performance.now();
    const inDoubt = this.#inDoubt;
    this.#inDoubt = false;
    try {
      const head = await source.head();
      if (store.cursor?.hash !== head.hash) await this.#goOn(head);
      else if (inDoubt) await this.#collect(head);
      else this.#confirm(head);
      if (!this.#inDoubt) level.at = store.cursor?.hash === head.hash ? began : undefined;
    } catch (error) {
      this.#inDoubt ||= inDoubt;
      throw error;
    }
  }

  /** The head is the one that is known. */
  #confirm({ finalized }: ChainHead): void {
    const { store, clock } = this.#options;
    const { cursor } = store;
    const noted = cursor?.finalized === finalized && clock.now() - cursor.time < NOTE_EVERY_MS;
    if (!noted) store.confirm(finalized, clock.now());
  }

  async #goOn(head: ChainHead): Promise<void> {
    const path = await this.#pathTo(head);
    if (path === undefined) return this.#collect(head);
    try {
      await this.#read(path, head);
    } catch (error) {
      // A node keeps the states of its last blocks alone, and may give answers that make no sense.
      if (!(error instanceof LogosError) || !UNREADABLE_BLOCKS.has(error.code)) throw error;
      await this.#collect(head);
    }
  }

  /** The blocks from what is known to the head, oldest first; `undefined` where they don't meet, or are too many. */
  async #pathTo(head: ChainHead): Promise<BlockPlace[] | undefined> {
    const { source, store } = this.#options;
    const { cursor } = store;
    if (cursor === undefined) return undefined;
    const lowest = Math.max(cursor.height, head.height) - HISTORY;
    const path: BlockPlace[] = [];
    let place = await source.place(head.hash);
    while (store.hashAt(place.height) !== place.hash) {
      if (place.height === 0 || place.height <= lowest) return undefined;
      path.unshift(place);
      const parent = await source.place(place.parent);
      if (parent.height !== place.height - 1) return undefined;
      place = parent;
    }
    if (place.height < cursor.height) store.undoTo(place.height);
    return path;
  }

  async #read(path: readonly BlockPlace[], { finalized }: ChainHead): Promise<void> {
    const { source, store, clock } = this.#options;
    for (const place of path) {
      const read = await source.changes(place);
      store.append(place, await this.#learn(place, read), finalized, clock.now());
    }
  }

  async #learn(place: BlockPlace, read: BlockChanges): Promise<FactChanges> {
    const { source, store } = this.#options;
    const runtime = store.find(RUNTIME)?.value;
    // Most blocks change nothing of this.
    const isQuiet = read.facts.length === 0 && read.touched.length === 0;
    const kept = isQuiet ? [] : [...store.contracts().values()];
    const known = kept.map((contract): ContractFact => contractSchema.parse(contract));
    const changes = learn(read, known, runtime);
    for (const address of headsToRead(read, known, changes)) {
      const found = await source.configurationHead(address, place.hash);
      const name = configurationName(address);
      const before = store.find(name)?.value;
      if (JSON.stringify(before) !== JSON.stringify(found)) changes.set(name, found ?? null);
    }
    return changes;
  }

  /**
   * Begins anew with the state after the last final block, and reads on from there. Where that block is far behind, it begins
   * with the head, and nothing of it is settled until it is final.
   */
  async #collect(head: ChainHead): Promise<void> {
    const { source, store, clock, log } = this.#options;
    const isNear = head.height - head.finalized < HISTORY;
    const place = await source.place(isNear ? await source.hashAt(head.finalized) : head.hash);
    const facts = factsOf(await source.state(place.hash));
    store.begin(place, facts, head.finalized, clock.now());
    const message = `Contracts of region ${source.region} are known as of block ${place.height}.`;
    log({ level: 'info', code: 'knowledge-collected', message });
    await this.#read((await this.#pathTo(head)) ?? [], head);
  }
}

/** Codes with which the blocks on the way can't be read, while the state of the last final block may be. */
const UNREADABLE_BLOCKS = new Set(['chain-rpc-failed', 'chain-answer-invalid']);
