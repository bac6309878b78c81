import { EventEmitter } from 'node:events';
import { setImmediate as otherWork } from 'node:timers/promises';
import { BlockDraft } from './block.ts';
import { Clock } from './clock.ts';
import { type ChainDatabase, STATE_HISTORY, type StoredBlock } from './database.ts';
import { RuntimeFailure } from './executor/failure.ts';
import { RuntimeStorage } from './executor/storage.ts';
import { verdictOf } from './extrinsics.ts';
import type { ChainSpecification } from './genesis.ts';
import { headerHash } from './header.ts';
import { fromHex, type Hex, toHex } from './hex.ts';
import { type Inclusion, Pool, type Pooled, TransactionRefused } from './pool.ts';
import { Runtimes } from './runtimes.ts';
import { State, type StorageDiff } from './state.ts';

/** Timestamp.Now: twox128 of both names. */
const TIMESTAMP_KEY: Hex = '0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb';
/** For how long a block may be built before whoever else waits has a turn, milliseconds. */
const TURN_MS = 20;
/** sp_runtime's TransactionSource::External. */
const EXTERNAL = 2;
const CLOCK_NOTE = 'clock-ahead';

interface DevChainEvents {
  head: [StoredBlock];
  included: [extrinsic: Hex, block: StoredBlock];
  invalid: [extrinsic: Hex];
}

/**
 * A chain of one authority that builds a block whenever there is a transaction, or when asked to. It runs the real
 * runtime; consensus is left out: each block is final at once and claims its slot without a proof.
 */
export class DevChain extends EventEmitter<DevChainEvents> {
  readonly specification: ChainSpecification;
  readonly genesis: Hex;
  /** Whether transactions wait until somebody asks for a block, rather than getting one at once. */
  timed = false;
  readonly #database: ChainDatabase;
  readonly #clock: Clock;
  readonly #runtimes = new Runtimes();
  readonly #pool = new Pool();
  /** By height; states further back are worked out from the database. */
  readonly #states = new Map<number, State>();
  /** Answers that depend on the runtime's code only. */
  readonly #pure = new Map<string, Hex>();
  #head: StoredBlock;
  #state: State;
  #building: Promise<unknown> = Promise.resolve();

  /** `database` must hold a genesis block at least. */
  constructor(database: ChainDatabase, specification: ChainSpecification, now: () => number = Date.now) {
    super();
    this.setMaxListeners(0);
    const [head, genesis] = [database.head(), database.blockByNumber(0)];
    if (head === undefined || genesis === undefined) throw new RangeError('the database holds no genesis block');
    this.specification = specification;
    this.genesis = genesis.hash;
    this.#database = database;
    this.#clock = new Clock(now, Number(database.note(CLOCK_NOTE) ?? 0));
    this.#head = head;
    this.#state = State.of(database.state());
  }

  get head(): StoredBlock {
    return this.#head;
  }

  get pendingExtrinsics(): Hex[] {
    return this.#pool.extrinsics;
  }

  /** Those of them that wait for no other. */
  get readyExtrinsics(): Hex[] {
    return this.#pool.ready.map(({ extrinsic }) => extrinsic);
  }

  block(hash: Hex): StoredBlock | undefined {
    return hash === this.#head.hash ? this.#head : this.#database.blockByHash(hash);
  }

  blockAt(number: number): StoredBlock | undefined {
    return number === this.#head.number ? this.#head : this.#database.blockByNumber(number);
  }

  /** The storage after a block; `undefined` where it is not kept any more. */
  storageAt(block: StoredBlock): State | undefined {
    if (block.number === this.#head.number) return this.#state;
    if (block.number < this.#head.number - STATE_HISTORY) return undefined;
    let state = this.#states.get(block.number);
    // What this process didn't see is found backwards from the nearest state that it knows.
    let known = block.number;
    while (state === undefined) {
      known += 1;
      state = known === this.#head.number ? this.#state : this.#states.get(known);
    }
    for (; known > block.number; known -= 1) {
      const undo = this.#database.undo(known);
      if (undo === undefined) return undefined;
      state = state.with(undo);
      this.#states.set(known - 1, state);
    }
    return state;
  }

  /** Calls into the runtime as it was after `block`, on its state. Throws RuntimeFailure. */
  call(entry: string, argument: Hex, block: StoredBlock = this.#head): Hex {
    const state = this.storageAt(block);
    if (state === undefined) throw new RuntimeFailure('State already discarded');
    const { runtime, hash } = this.#runtimes.of(state);
    const run = (): Hex => toHex(runtime.call(entry, fromHex(argument), new RuntimeStorage(state.root)));
    return entry.startsWith('Metadata_') || entry === 'Core_version'
      ? this.#pureCall(`${entry}:${argument}:${hash}`, run)
      : run();
  }

  /** Answers that depend on the code only are worked out once, and kept over restarts. */
  #pureCall(key: string, run: () => Hex): Hex {
    const known = this.#pure.get(key) ?? (this.#database.note(key) as Hex | undefined);
    const answer = known ?? run();
    this.#pure.set(key, answer);
    if (known === undefined) this.#noteIfRoom(key, answer);
    return answer;
  }

  #noteIfRoom(key: string, answer: Hex): void {
    try {
      this.#database.setNote(key, answer);
    } catch {
      // A full disk must not keep anyone from reading: the answer is worked out again after the next start.
    }
  }

  /** Takes a transaction and, unless blocks are timed, builds a block for it. Throws TransactionRefused. */
  async submit(extrinsic: Hex): Promise<Inclusion> {
    if (!this.timed) {
      const inclusion = this.#pool.add(extrinsic);
      this.build('when-pending').catch(() => {});
      return inclusion;
    }
    this.#validate(extrinsic);
    // Who waits for a block hears of it by a subscription.
    const added = this.#pool.add(extrinsic);
    added.catch(() => {});
    return { status: 'pooled' };
  }

  /** Builds the next block; with `when-pending` only if a transaction waits that could be in it. */
  build(when: 'always' | 'when-pending' = 'always'): Promise<void> {
    return this.#inTurn(() => this.#build(when));
  }

  /** Builds a block with storage changed in a way that no transaction could. */
  overwrite(values: StorageDiff): Promise<void> {
    return this.#inTurn(() => this.#build('always', values));
  }

  /** Builds a block at a time, in milliseconds since 1970, from which the chain goes on. Throws RangeError for the past. */
  travel(to: number): Promise<void> {
    return this.#inTurn(async () => {
      if (to <= this.#lastTime()) throw new RangeError('The last block is later than that: a chain goes forward only');
      this.#clock.travel(to);
      this.#database.setNote(CLOCK_NOTE, String(this.#clock.ahead));
      await this.#build('always');
    });
  }

  /** Waits for the block being built. */
  async settled(): Promise<void> {
    await this.#building;
  }

  /** Blocks come one after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#building.then(work);
    this.#building = next.catch(() => {});
    return next;
  }

  #validate(extrinsic: Hex): void {
    const argument = Buffer.concat([Uint8Array.of(EXTERNAL), fromHex(extrinsic), fromHex(this.#head.hash)]);
    let verdict: ReturnType<typeof verdictOf>;
    try {
      verdict = verdictOf(this.call('TaggedTransactionQueue_validate_transaction', toHex(argument)));
    } catch (error) {
      throw new TransactionRefused(`Could not be decoded or validated: ${(error as Error).message}`);
    }
    if (verdict.kind === 'invalid') throw new TransactionRefused(verdict.reason);
    if (verdict.kind === 'full') throw new TransactionRefused('Transaction would exhaust the block limits');
  }

  async #build(when: 'always' | 'when-pending', overwritten?: StorageDiff): Promise<void> {
    const candidates = this.#pool.ready;
    if (candidates.length === 0 && when === 'when-pending') return;
    try {
      const draft = new BlockDraft(
        this.#runtimes.of(this.#state).runtime,
        this.#head,
        this.#state,
        this.#clock.slotAfter(this.#lastTime()),
      );
      const included = await this.#fill(draft, candidates);
      const full = candidates.some(({ tooLarge }) => tooLarge);
      if (included.length === 0 && !full && when === 'when-pending') return;
      if (overwritten !== undefined) draft.overwrite(overwritten);
      this.#commit(draft, included);
    } catch (error) {
      // A runtime that panics must not leave anyone waiting.
      const refused = new TransactionRefused(`The block could not be built: ${(error as Error).message}`);
      for (const pooled of candidates) this.#drop(pooled, refused);
      throw error;
    }
  }

  async #fill(draft: BlockDraft, candidates: readonly Pooled[]): Promise<Pooled[]> {
    const included: Pooled[] = [];
    let began = performance.now();
    for (const pooled of candidates) {
      const verdict = draft.apply(pooled.extrinsic);
      if (verdict.kind === 'included') included.push(pooled);
      else if (verdict.kind === 'future') this.#pool.defer(pooled);
      else if (verdict.kind === 'invalid') this.#drop(pooled, new TransactionRefused(verdict.reason));
      else if (pooled.tooLarge)
        this.#drop(pooled, new TransactionRefused('Transaction would exhaust the block limits'));
      // One for which there is no room left stays for the next block. The runtime's own work may fill a block, as an
      // election does; whoever finds no room in two empty ones never will.
      else pooled.tooLarge = included.length === 0;
      if (performance.now() - began > TURN_MS) {
        await otherWork();
        began = performance.now();
      }
    }
    return included;
  }

  #drop(pooled: Pooled, refused: TransactionRefused): void {
    this.#pool.drop(pooled, refused);
    this.emit('invalid', pooled.extrinsic);
  }

  #commit(draft: BlockDraft, included: readonly Pooled[]): void {
    const { header, state } = draft.close();
    const block = { number: this.#head.number + 1, hash: headerHash(header), header, extrinsics: draft.extrinsics };
    const { changes, undo } = this.#state.changesTo(state);
    // What is on disk leads: if the disk refuses the block, memory still agrees with it.
    this.#database.append(block, changes, undo);
    this.#states.set(this.#head.number, this.#state);
    this.#states.delete(block.number - STATE_HISTORY - 1);
    this.#state = state;
    this.#head = block;
    this.#pool.include(included, block);
    this.emit('head', block);
    for (const pooled of included) this.emit('included', pooled.extrinsic, block);
    if (!this.timed && this.#pool.ready.length > 0) this.build('when-pending').catch(() => {});
  }

  /** When the last block was, milliseconds since 1970. */
  #lastTime(): number {
    const bytes = this.#state.get(TIMESTAMP_KEY);
    return bytes === undefined ? 0 : Number(Buffer.from(bytes).readBigUInt64LE());
  }
}
