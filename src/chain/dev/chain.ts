import { EventEmitter } from 'node:events';
import { sha256Hex } from '../../system/canonical.ts';
import { type ChainDatabase, STATE_HISTORY, type StoredBlock } from './database.ts';
import { type Executor, type RuntimeCall, RuntimeFailure } from './executor.ts';
import { signerOf, timestampInherent, verdictOf } from './extrinsics.ts';
import { type ChainSpecification, CODE_KEY } from './genesis.ts';
import { draftHeader, headerHash } from './header.ts';
import { fromHex, type Hex } from './hex.ts';
import { Overlay, State, type StorageDiff, type StorageView } from './state.ts';

/** Length of a slot of the runtime in chain/runtime, milliseconds. */
const SLOT_MS = 3_000;
/** Timestamp.Now: twox128 of both names. */
const TIMESTAMP_KEY: Hex = '0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb';
const POOL_LIMIT = 512;
const EMPTY: Hex = '0x';

/** What became of a submitted transaction. */
export type Inclusion = { status: 'in-block'; block: StoredBlock } | { status: 'pooled' };

/** Why a transaction was not taken; JSON-RPC error 1010 or 1016. */
export class TransactionRefused extends Error {}

interface Pooled {
  extrinsic: Hex;
  settle: (outcome: Inclusion | TransactionRefused) => void;
  /** Whether its turn comes only after another transaction of its signer. */
  future: boolean;
}

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
  readonly #database: ChainDatabase;
  readonly #execute: Executor;
  readonly #now: () => number;
  readonly #state: State;
  /** By height; STATE_HISTORY of them at most. */
  readonly #undos: Map<number, StorageDiff>;
  /** Answers that depend on the runtime's code only. */
  readonly #pure = new Map<string, Promise<Hex>>();
  #code: { code: Hex; hash: string } | undefined;
  #head: StoredBlock;
  #pool: Pooled[] = [];
  #building: Promise<unknown> = Promise.resolve();

  /** `database` must hold a genesis block at least. */
  constructor(
    database: ChainDatabase,
    specification: ChainSpecification,
    execute: Executor,
    now: () => number = Date.now,
  ) {
    super();
    this.setMaxListeners(0);
    const [head, genesis] = [database.head(), database.blockByNumber(0)];
    if (head === undefined || genesis === undefined) throw new RangeError('the database holds no genesis block');
    this.specification = specification;
    this.genesis = genesis.hash;
    this.#database = database;
    this.#execute = execute;
    this.#now = now;
    this.#state = new State(database.state());
    this.#undos = new Map(database.undos().map(({ number, undo }) => [number, undo]));
    this.#head = head;
  }

  get head(): StoredBlock {
    return this.#head;
  }

  get pendingExtrinsics(): Hex[] {
    return this.#pool.map(({ extrinsic }) => extrinsic);
  }

  block(hash: Hex): StoredBlock | undefined {
    return hash === this.#head.hash ? this.#head : this.#database.blockByHash(hash);
  }

  blockAt(number: number): StoredBlock | undefined {
    return number === this.#head.number ? this.#head : this.#database.blockByNumber(number);
  }

  /** The storage after a block; `undefined` where it is not kept any more. It stays that block's while new ones come. */
  storageAt(block: StoredBlock): StorageView | undefined {
    if (block.number < this.#head.number - STATE_HISTORY) return undefined;
    const undos = this.#undos;
    const newest = (): number => this.#head.number;
    return new Overlay(this.#state, function* () {
      for (let number = block.number + 1; number <= newest(); number += 1) {
        const undo = undos.get(number);
        if (undo) yield undo;
      }
    });
  }

  /** Calls into the runtime as it was after `block`, on a copy of its state. */
  async call(entry: string, argument: Hex, block: StoredBlock = this.#head): Promise<Hex> {
    const storage = this.storageAt(block);
    if (storage === undefined) throw new RuntimeFailure('State already discarded');
    const code = storage.get(CODE_KEY) ?? EMPTY;
    const run = async (): Promise<Hex> => (await this.#execute(code, [[entry, argument]], storage)).result;
    if (!entry.startsWith('Metadata_') && entry !== 'Core_version') return run();
    return this.#pureCall(`${entry}:${argument}:${this.#hashOf(code)}`, run);
  }

  /** Answers that depend on the code only are worked out once, and kept over restarts. */
  #pureCall(key: string, run: () => Promise<Hex>): Promise<Hex> {
    const known = this.#pure.get(key);
    if (known) return known;
    const stored = this.#database.note(key) as Hex | undefined;
    const answer = stored === undefined ? run() : Promise.resolve(stored);
    this.#pure.set(key, answer);
    answer.then(
      (result) => stored ?? this.#database.setNote(key, result),
      () => this.#pure.delete(key),
    );
    return answer;
  }

  #hashOf(code: Hex): string {
    // Ten million characters are not hashed for each call.
    if (this.#code?.code !== code) this.#code = { code, hash: sha256Hex(code) };
    return this.#code.hash;
  }

  /** Takes a transaction and builds a block for it. Throws TransactionRefused. */
  async submit(extrinsic: Hex): Promise<Inclusion> {
    if (this.#pool.length >= POOL_LIMIT) throw new TransactionRefused('The transaction pool is full');
    if (this.#pool.some((pooled) => pooled.extrinsic === extrinsic)) {
      throw new TransactionRefused('Transaction is already imported');
    }
    const outcome = new Promise<Inclusion | TransactionRefused>((settle) => {
      this.#pool.push({ extrinsic, settle, future: false });
    });
    this.build('when-pending').catch(() => {});
    const settled = await outcome;
    if (settled instanceof TransactionRefused) throw settled;
    return settled;
  }

  /** Builds the next block; with `when-pending` only if a transaction waits that could be in it. */
  build(when: 'always' | 'when-pending' = 'always'): Promise<void> {
    const next = this.#building.then(() => this.#build(when));
    this.#building = next.catch(() => {});
    return next;
  }

  /** Waits for the block being built. */
  async settled(): Promise<void> {
    await this.#building;
  }

  async #build(when: 'always' | 'when-pending'): Promise<void> {
    const candidates = this.#pool.filter(({ future }) => !future);
    if (candidates.length === 0 && when === 'when-pending') return;
    try {
      await this.#buildWith(candidates, when);
    } catch (error) {
      // A runtime that panics must not leave anyone waiting.
      const refused = new TransactionRefused(`The block could not be built: ${(error as Error).message}`);
      for (const pooled of candidates) this.#drop(pooled, refused);
      throw error;
    }
  }

  async #buildWith(candidates: readonly Pooled[], when: 'always' | 'when-pending'): Promise<void> {
    const parent = this.#head;
    const slot = this.#nextSlot();
    const header = draftHeader(parent.hash, parent.number + 1, slot);
    const inherent = timestampInherent(slot * BigInt(SLOT_MS));
    const opening: RuntimeCall[] = [
      ['Core_initialize_block', header],
      ['BlockBuilder_apply_extrinsic', inherent],
    ];
    const diffs: StorageDiff[] = [];
    const storage = new Overlay(this.#state, () => [...diffs].reverse());
    const code = this.#state.get(CODE_KEY) ?? EMPTY;
    const included: Pooled[] = [];
    for (const pooled of candidates) {
      // The opening travels with the first transaction that is taken: a task of its own would cost as much again.
      const calls: RuntimeCall[] = [
        ...(included.length === 0 ? opening : []),
        ['BlockBuilder_apply_extrinsic', pooled.extrinsic],
      ];
      const applied = await this.#tryApply(code, calls, storage, pooled, included.length === 0);
      if (applied === undefined) continue;
      diffs.push(applied);
      included.push(pooled);
    }
    if (included.length === 0 && when === 'when-pending') return;
    const closing = await this.#execute(
      code,
      [...(included.length === 0 ? opening : []), ['BlockBuilder_finalize_block', EMPTY]],
      storage,
    );
    diffs.push(closing.diff);
    this.#commit(
      {
        number: parent.number + 1,
        hash: headerHash(closing.result),
        header: closing.result,
        extrinsics: [inherent, ...included.map(({ extrinsic }) => extrinsic)],
      },
      new Map(diffs.flatMap((diff) => [...diff])),
      included,
    );
  }

  /** What a transaction changes if the runtime takes it into the block; otherwise its sender is told. */
  async #tryApply(
    code: Hex,
    calls: readonly RuntimeCall[],
    storage: StorageView,
    pooled: Pooled,
    first: boolean,
  ): Promise<StorageDiff | undefined> {
    let answer: Awaited<ReturnType<Executor>>;
    try {
      answer = await this.#execute(code, calls, storage);
    } catch (error) {
      // An extrinsic that the runtime can't even decode panics it.
      this.#drop(pooled, new TransactionRefused(`Could not be decoded or applied: ${(error as Error).message}`));
      return undefined;
    }
    const verdict = verdictOf(answer.result);
    if (verdict.kind === 'included') return answer.diff;
    if (verdict.kind === 'future') {
      pooled.future = true;
      pooled.settle({ status: 'pooled' });
    } else if (verdict.kind === 'invalid') {
      this.#drop(pooled, new TransactionRefused(verdict.reason));
    }
    // One for which there is no room left stays for the next block; one that doesn't fit an empty block never will.
    if (verdict.kind === 'full' && first) {
      this.#drop(pooled, new TransactionRefused('Transaction would exhaust the block limits'));
    }
    return undefined;
  }

  #drop(pooled: Pooled, refused: TransactionRefused): void {
    this.#pool = this.#pool.filter((other) => other !== pooled);
    pooled.settle(refused);
    this.emit('invalid', pooled.extrinsic);
  }

  #commit(block: StoredBlock, diff: StorageDiff, included: readonly Pooled[]): void {
    // What is on disk leads: if the disk refuses the block, memory still agrees with it.
    const { changes, undo } = this.#state.compare(diff);
    this.#database.append(block, changes, undo);
    this.#state.apply(changes);
    this.#undos.set(block.number, undo);
    this.#undos.delete(block.number - STATE_HISTORY);
    this.#head = block;
    this.#pool = this.#pool.filter((pooled) => !included.includes(pooled));
    const signers = new Set(included.map(({ extrinsic }) => signerOf(extrinsic)));
    for (const pooled of this.#pool) if (signers.has(signerOf(pooled.extrinsic))) pooled.future = false;
    this.emit('head', block);
    for (const pooled of included) {
      pooled.settle({ status: 'in-block', block });
      this.emit('included', pooled.extrinsic, block);
    }
    if (this.#pool.some(({ future }) => !future)) this.build('when-pending').catch(() => {});
  }

  /** Follows the wall clock, but never stands still: blocks that come faster than slots run ahead of it. */
  #nextSlot(): bigint {
    const last = new DataView(new ArrayBuffer(8));
    fromHex(this.#state.get(TIMESTAMP_KEY) ?? EMPTY).forEach((byte, index) => {
      last.setUint8(index, byte);
    });
    const lastSlot = last.getBigUint64(0, true) / BigInt(SLOT_MS);
    const current = BigInt(Math.floor(this.#now() / SLOT_MS));
    return current > lastSlot ? current : lastSlot + 1n;
  }
}
