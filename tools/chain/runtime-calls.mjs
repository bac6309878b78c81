// Calls into a runtime's Wasm without a chain: its version, its metadata, and the first state that it builds.

import { compactAddLength, compactFromU8a, stringToU8a, u8aConcat } from '@polkadot/util';
import { Runtime } from '../../src/chain/dev/executor/runtime.ts';
import { RuntimeStorage } from '../../src/chain/dev/executor/storage.ts';
import { toHex } from '../../src/chain/dev/hex.ts';
import { State } from '../../src/chain/dev/state.ts';

/**
 * Opens a runtime for calls, each on an empty state.
 * @param {Uint8Array} wasm
 */
export function openRuntime(wasm) {
  const runtime = new Runtime(wasm);

  const call = async (name, argument = new Uint8Array()) => {
    const storage = new RuntimeStorage(undefined);
    const result = runtime.call(name, argument, storage);
    const { changes } = new State(undefined).changesTo(new State(storage.root));
    return { result, storage: [...changes].map(([key, value]) => [key, toHex(value)]) };
  };

  /** The state that a preset describes, as the JSON document that the runtime builds it from. */
  const preset = async (name) => {
    const id = name === undefined ? new Uint8Array([0]) : u8aConcat([1], compactAddLength(stringToU8a(name)));
    const { result } = await call('GenesisBuilder_get_preset', id);
    if (result[0] !== 1) throw new Error(`The runtime has no genesis preset ${name ?? 'by default'}`);
    return JSON.parse(new TextDecoder().decode(readBytes(result.subarray(1))));
  };

  return {
    /** Nothing is held any more; for those who close what they opened. */
    close: async () => {},

    /** Name and version of the runtime. */
    async version() {
      const { result } = await call('Core_version');
      const specName = readBytes(result);
      const implName = readBytes(result.subarray(encodedLength(specName)));
      const numbers = new DataView(
        result.buffer,
        result.byteOffset + encodedLength(specName) + encodedLength(implName),
      );
      // The authoring version comes first, then the spec version.
      return { specName: new TextDecoder().decode(specName), specVersion: numbers.getUint32(4, true) };
    },

    /** SCALE bytes of the metadata. */
    async metadata() {
      return readBytes((await call('Metadata_metadata')).result);
    },

    /**
     * What a preset changes of the runtime's default state.
     * @param {string} name
     * @returns {Promise<object>}
     */
    preset,

    /**
     * Storage of the first block that a preset describes, by key, both in hexadecimal.
     * @param {string} name
     * @returns {Promise<Record<string, string>>}
     */
    async genesis(name) {
      const state = JSON.stringify(merge(await preset(), await preset(name)));
      const { result, storage } = await call('GenesisBuilder_build_state', compactAddLength(stringToU8a(state)));
      if (result[0] !== 0)
        throw new Error(
          `The runtime can't build genesis ${name}: ${new TextDecoder().decode(readBytes(result.subarray(1)))}`,
        );
      return Object.fromEntries(storage);
    },
  };
}

/** Bytes with their length in front of them. */
function readBytes(encoded) {
  const [offset, length] = compactFromU8a(encoded);
  return encoded.subarray(offset, offset + Number(length));
}

function encodedLength(bytes) {
  return compactAddLength(bytes).length;
}

/** Objects are merged key by key, anything else is replaced. */
function merge(base, patch) {
  if (!isObject(base) || !isObject(patch)) return patch;
  const patched = Object.entries(patch).map(([key, value]) => [key, merge(base[key], value)]);
  return { ...base, ...Object.fromEntries(patched) };
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
