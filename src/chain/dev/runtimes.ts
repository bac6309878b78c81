import { blake2AsU8a } from '@polkadot/util-crypto';
import { RuntimeFailure } from './executor/failure.ts';
import { Runtime } from './executor/runtime.ts';
import { CODE_KEY } from './genesis.ts';
import { type Hex, toHex } from './hex.ts';
import type { State } from './state.ts';

/** Two: around an upgrade, blocks before and after it are asked for. */
const KEPT = 2;

interface Known {
  runtime: Runtime;
  /** BLAKE2b-256 of the code. */
  hash: Hex;
}

/** The compiled runtimes of the states that calls go to. */
export class Runtimes {
  readonly #known = new Map<Uint8Array, Known>();

  /** The runtime in a state's `:code`. Throws RuntimeFailure if there is none that can run. */
  of(state: State): Known {
    const code = state.get(CODE_KEY);
    if (code === undefined) throw new RuntimeFailure('The state holds no runtime');
    // States share what they have in common, so the same code is the same object.
    const known = this.#known.get(code) ?? { runtime: new Runtime(code), hash: toHex(blake2AsU8a(code, 256)) };
    this.#known.delete(code);
    this.#known.set(code, known);
    for (const oldest of this.#known.keys()) if (this.#known.size > KEPT) this.#known.delete(oldest);
    return known;
  }
}
