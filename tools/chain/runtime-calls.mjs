// Calls into a runtime's Wasm without a chain: its version, its metadata, and the first state that it builds.

import { destroyWorker, emptyTaskHandler, runTask } from '@acala-network/chopsticks-core';
import { compactAddLength, compactFromU8a, hexToU8a, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';

/** A fixed time, so that nothing that the runtime answers depends on when it was asked. */
const CLOCK_MILLIS = 0;

/**
 * Opens a runtime for calls. Close it when done: it holds a worker thread.
 * @param {Uint8Array} wasm
 */
export function openRuntime(wasm) {
  const code = u8aToHex(wasm);

  const call = async (name, argument = new Uint8Array()) => {
    const task = {
      wasm: code,
      calls: [[name, [u8aToHex(argument)]]],
      mockSignatureHost: false,
      allowUnresolvedImports: false,
      runtimeLogLevel: 3,
      storageProofSize: 0,
    };
    const answer = await runTask(task, {
      ...emptyTaskHandler,
      getStorage: async () => undefined,
      getNextKey: async () => undefined,
      offchainTimestamp: async () => CLOCK_MILLIS,
    });
    if ('Error' in answer) throw new Error(`The runtime failed in ${name}: ${answer.Error}`);
    return { result: hexToU8a(answer.Call.result), storage: answer.Call.storageDiff };
  };

  /** The state that a preset describes, as the JSON document that the runtime builds it from. */
  const preset = async (name) => {
    const id = name === undefined ? new Uint8Array([0]) : u8aConcat([1], compactAddLength(stringToU8a(name)));
    const { result } = await call('GenesisBuilder_get_preset', id);
    if (result[0] !== 1) throw new Error(`The runtime has no genesis preset ${name ?? 'by default'}`);
    return JSON.parse(new TextDecoder().decode(readBytes(result.subarray(1))));
  };

  return {
    close: destroyWorker,

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
      return Object.fromEntries(storage.filter(([, value]) => value !== null && value !== undefined));
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
