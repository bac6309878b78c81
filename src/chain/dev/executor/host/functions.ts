import type { Guest } from '../guest.ts';
import type { RuntimeStorage } from '../storage.ts';

/** What host functions work on: the memory of the instance that calls them, and the storage of the block. */
export interface Host {
  readonly guest: Guest;
  readonly storage: RuntimeStorage;
  /** Takes what the runtime says of itself; the last thing that it says before it stops is why. */
  log(message: string): void;
  /** SCALE bytes of the version of another runtime; `undefined` if it can't tell. */
  versionOf(code: Uint8Array): Uint8Array | undefined;
}

/** Host functions by the names under which a runtime imports them. Signatures: sp-io and sp-runtime-interface. */
export type HostFunctions = Readonly<Record<string, (...args: never[]) => number | bigint | undefined>>;
