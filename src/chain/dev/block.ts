import { RuntimeFailure } from './executor/failure.ts';
import type { Runtime } from './executor/runtime.ts';
import { RuntimeStorage } from './executor/storage.ts';
import { timestampInherent, type Verdict, verdictOf } from './extrinsics.ts';
import { draftHeader } from './header.ts';
import { fromHex, type Hex, toHex } from './hex.ts';
import { State, type StorageDiff } from './state.ts';

/** Length of a slot of the runtime in chain/runtime, milliseconds. */
export const SLOT_MS = 3_000;
const NOTHING = new Uint8Array();

/** A block that is being built on another: opened with its time, filled with transactions, then closed. */
export class BlockDraft {
  /** The block's extrinsics so far; the first tells its time. */
  readonly extrinsics: Hex[] = [];
  readonly #runtime: Runtime;
  readonly #storage: RuntimeStorage;

  /** Opens the block. Throws RuntimeFailure if the runtime does not let it begin. */
  constructor(runtime: Runtime, parent: { hash: Hex; number: number }, state: State, slot: bigint) {
    this.#runtime = runtime;
    this.#storage = new RuntimeStorage(state.root);
    this.#call('Core_initialize_block', fromHex(draftHeader(parent.hash, parent.number + 1, slot)));
    const verdict = this.apply(timestampInherent(slot * BigInt(SLOT_MS)));
    if (verdict.kind !== 'included') throw new RuntimeFailure('The runtime does not take the time of the block');
  }

  /** Puts a transaction into the block if the runtime takes it; if not, it leaves no trace. */
  apply(extrinsic: Hex): Verdict {
    this.#storage.begin();
    let verdict: Verdict;
    try {
      verdict = verdictOf(toHex(this.#call('BlockBuilder_apply_extrinsic', fromHex(extrinsic))));
    } catch (error) {
      this.#storage.rollback();
      // An extrinsic that the runtime can't even decode panics it.
      if (!(error instanceof RuntimeFailure)) throw error;
      return { kind: 'invalid', reason: `Could not be decoded or applied: ${error.message}` };
    }
    if (verdict.kind === 'included') {
      this.#storage.commit();
      this.extrinsics.push(extrinsic);
    } else {
      this.#storage.rollback();
    }
    return verdict;
  }

  /** Changes storage as no runtime would; the block's state root then covers it. */
  overwrite(values: StorageDiff): void {
    this.#storage.replace(new State(this.#storage.root).with(values).root);
  }

  /** Ends the block. Gives its header's SCALE bytes and the state after it. */
  close(): { header: Hex; state: State } {
    const header = toHex(this.#call('BlockBuilder_finalize_block', NOTHING));
    return { header, state: new State(this.#storage.root) };
  }

  #call(entry: string, argument: Uint8Array): Uint8Array {
    return this.#runtime.call(entry, argument, this.#storage);
  }
}
