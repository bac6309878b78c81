import { compactToU8a } from '@polkadot/util';
import { RuntimeFailure } from '../failure.ts';
import { addressOf, type FatPointer, lengthOf } from '../guest.ts';
import type { Cleared } from '../storage.ts';
import type { Host, HostFunctions } from './functions.ts';
import { decodeLimit, encodeU32 } from './scale.ts';

/** `ext_storage_*`: the main trie. */
export function storageFunctions(host: Host): HostFunctions {
  const { guest, storage } = host;
  const clear = (prefix: FatPointer, limit: FatPointer): FatPointer =>
    guest.give(encodeCleared(storage.clear(guest.key(prefix), decodeLimit(guest.peek(limit)))));
  return {
    ext_storage_get_version_1: (key: FatPointer) => guest.giveOption(asVector(storage.get(guest.key(key)))),
    ext_storage_read_version_1: (key: FatPointer, out: FatPointer, offset: number) =>
      readInto(host, storage.get(guest.key(key)), out, offset),
    ext_storage_set_version_1: (key: FatPointer, value: FatPointer) => {
      storage.set(guest.key(key), guest.take(value));
      return undefined;
    },
    ext_storage_clear_version_1: (key: FatPointer) => {
      storage.remove(guest.key(key));
      return undefined;
    },
    ext_storage_exists_version_1: (key: FatPointer) => Number(storage.get(guest.key(key)) !== undefined),
    ext_storage_clear_prefix_version_1: (prefix: FatPointer) => {
      storage.clear(guest.key(prefix), undefined);
      return undefined;
    },
    ext_storage_clear_prefix_version_2: clear,
    ext_storage_append_version_1: (key: FatPointer, item: FatPointer) => {
      storage.append(guest.key(key), guest.take(item));
      return undefined;
    },
    ext_storage_root_version_2: (version: number) => {
      assertVersion(version);
      return guest.give(storage.hash());
    },
    ext_storage_changes_root_version_1: () => guest.giveOption(undefined),
    ext_storage_next_key_version_1: (key: FatPointer) => guest.giveOption(keyVector(storage.next(guest.key(key)))),
    ext_storage_start_transaction_version_1: () => {
      storage.begin();
      return undefined;
    },
    ext_storage_commit_transaction_version_1: () => {
      storage.commit();
      return undefined;
    },
    ext_storage_rollback_transaction_version_1: () => {
      storage.rollback();
      return undefined;
    },
  };
}

/** Copies a value from `offset` on to where the runtime wants it; gives `Some` of how much there is from there. */
export function readInto(host: Host, value: Uint8Array | undefined, out: FatPointer, offset: number): FatPointer {
  if (value === undefined) return host.guest.giveOption(undefined);
  const rest = value.subarray(Math.min(offset >>> 0, value.length));
  host.guest.view(addressOf(out), lengthOf(out)).set(rest.subarray(0, lengthOf(out)));
  return host.guest.giveOption(encodeU32(rest.length));
}

/** sp_io::KillStorageResult. */
export function encodeCleared({ loops, more }: Cleared): Uint8Array {
  return Buffer.concat([Uint8Array.of(Number(more)), encodeU32(loops)]);
}

export function asVector(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && Buffer.concat([compactToU8a(bytes.length), bytes]);
}

export function keyVector(key: string | undefined): Uint8Array | undefined {
  return key === undefined ? undefined : asVector(Buffer.from(key, 'hex'));
}

/** Every trie of this chain is of state version 1, as the runtime's `system_version` says. */
export function assertVersion(version: number): void {
  if (version !== 1) throw new RuntimeFailure(`State version ${version} is not one that this chain can have`);
}
