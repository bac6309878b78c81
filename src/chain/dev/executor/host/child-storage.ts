import type { FatPointer } from '../guest.ts';
import type { Host, HostFunctions } from './functions.ts';
import { decodeLimit } from './scale.ts';
import { assertVersion, asVector, encodeCleared, keyVector, readInto } from './storage.ts';

/** `ext_default_child_storage_*`: tries of their own, of which the main one has the roots; each contract has one. */
export function childStorageFunctions(host: Host): HostFunctions {
  const { guest, storage } = host;
  const get = (name: FatPointer, key: FatPointer): Uint8Array | undefined =>
    storage.get(guest.key(key), guest.key(name));
  return {
    ext_default_child_storage_get_version_1: (name: FatPointer, key: FatPointer) =>
      guest.giveOption(asVector(get(name, key))),
    ext_default_child_storage_read_version_1: (name: FatPointer, key: FatPointer, out: FatPointer, offset: number) =>
      readInto(host, get(name, key), out, offset),
    ext_default_child_storage_set_version_1: (name: FatPointer, key: FatPointer, value: FatPointer) => {
      storage.set(guest.key(key), guest.take(value), guest.key(name));
      return undefined;
    },
    ext_default_child_storage_clear_version_1: (name: FatPointer, key: FatPointer) => {
      storage.remove(guest.key(key), guest.key(name));
      return undefined;
    },
    ext_default_child_storage_exists_version_1: (name: FatPointer, key: FatPointer) =>
      Number(get(name, key) !== undefined),
    ext_default_child_storage_storage_kill_version_1: (name: FatPointer) => {
      storage.clear('', undefined, guest.key(name));
      return undefined;
    },
    ext_default_child_storage_storage_kill_version_2: (name: FatPointer, limit: FatPointer) =>
      Number(!storage.clear('', decodeLimit(guest.peek(limit)), guest.key(name)).more),
    ext_default_child_storage_storage_kill_version_3: (name: FatPointer, limit: FatPointer) =>
      guest.give(encodeCleared(storage.clear('', decodeLimit(guest.peek(limit)), guest.key(name)))),
    ext_default_child_storage_clear_prefix_version_1: (name: FatPointer, prefix: FatPointer) => {
      storage.clear(guest.key(prefix), undefined, guest.key(name));
      return undefined;
    },
    ext_default_child_storage_clear_prefix_version_2: (name: FatPointer, prefix: FatPointer, limit: FatPointer) =>
      guest.give(encodeCleared(storage.clear(guest.key(prefix), decodeLimit(guest.peek(limit)), guest.key(name)))),
    ext_default_child_storage_root_version_2: (name: FatPointer, version: number) => {
      assertVersion(version);
      return guest.give(storage.hash(guest.key(name)));
    },
    ext_default_child_storage_next_key_version_1: (name: FatPointer, key: FatPointer) =>
      guest.giveOption(keyVector(storage.next(guest.key(key), guest.key(name)))),
  };
}
