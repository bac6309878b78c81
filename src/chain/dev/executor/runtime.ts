import { zstdDecompressSync } from 'node:zlib';
import { RuntimeFailure } from './failure.ts';
import { Guest } from './guest.ts';
import { childStorageFunctions } from './host/child-storage.ts';
import { cryptoFunctions } from './host/crypto.ts';
import type { Host, HostFunctions } from './host/functions.ts';
import { hashingFunctions, trieFunctions } from './host/hashing.ts';
import { miscFunctions, nodeOnlyFunction } from './host/misc.ts';
import { storageFunctions } from './host/storage.ts';
import { RuntimeStorage } from './storage.ts';

/** What stands before a runtime that is compressed with zstd (sp-maybe-compressed-blob). */
const COMPRESSED = Buffer.from('52bc537646db8e05', 'hex');
/** 50 MiB, as in a node. */
const MAX_CODE_BYTES = 50 * 1024 * 1024;

/**
 * A runtime, compiled once by V8. Every call gets an instance of its own, which takes half a millisecond: as in a node,
 * nothing but the storage outlives a call.
 */
export class Runtime {
  readonly #module: WebAssembly.Module;
  readonly #imports: readonly string[];

  /** Takes the code as it is in the state, compressed or not. Throws RuntimeFailure if it can't run here. */
  constructor(code: Uint8Array) {
    this.#module = compile(unpacked(code));
    const imports = WebAssembly.Module.imports(this.#module);
    const foreign = imports.find(({ module, kind }) => module !== 'env' || kind !== 'function');
    if (foreign) throw new RuntimeFailure(`The runtime imports ${foreign.module}.${foreign.name}, a ${foreign.kind}`);
    this.#imports = imports.map(({ name }) => name);
    const known = hostFunctions({
      guest: new Guest(),
      storage: new RuntimeStorage(undefined),
      versionOf,
      log: () => {},
    });
    const missing = this.#imports.filter((name) => known[name] === undefined && nodeOnlyFunction(name) === undefined);
    if (missing.length > 0) {
      throw new RuntimeFailure(`The runtime asks for host functions that this program lacks: ${missing.join(', ')}`);
    }
  }

  /** Calls an entry point with SCALE bytes and gives its result's. Throws RuntimeFailure, also when it panics. */
  call(entry: string, argument: Uint8Array, storage: RuntimeStorage): Uint8Array {
    let said: string | undefined;
    const guest = new Guest();
    const exports = this.#instantiate({
      guest,
      storage,
      versionOf,
      log: (message) => {
        said = message;
      },
    });
    const run = exports[entry];
    if (typeof run !== 'function') throw new RuntimeFailure(`The runtime has no entry point ${entry}`);
    const depth = storage.depth;
    try {
      const result = guest.take(run(guest.place(argument), argument.length));
      if (storage.depth !== depth) throw new RuntimeFailure('The runtime left a storage transaction open');
      return result;
    } catch (error) {
      while (storage.depth > depth) storage.rollback();
      throw failureOf(entry, said, error);
    }
  }

  #instantiate(host: Host): WebAssembly.Exports {
    const all = hostFunctions(host);
    const env: Record<string, WebAssembly.ImportValue> = {};
    for (const name of this.#imports) env[name] = (all[name] ?? nodeOnlyFunction(name)) as CallableFunction;
    const { exports } = new WebAssembly.Instance(this.#module, { env });
    const { memory, __heap_base: heapBase } = exports;
    if (!(memory instanceof WebAssembly.Memory) || !(heapBase instanceof WebAssembly.Global)) {
      throw new RuntimeFailure('The runtime exports no memory or no __heap_base');
    }
    host.guest.attach(memory, heapBase.value);
    return exports;
  }
}

function hostFunctions(host: Host): HostFunctions {
  return {
    ...storageFunctions(host),
    ...childStorageFunctions(host),
    ...hashingFunctions(host),
    ...trieFunctions(host),
    ...cryptoFunctions(host),
    ...miscFunctions(host),
  };
}

/** What another runtime says of itself; it has no state to look at. */
function versionOf(code: Uint8Array): Uint8Array | undefined {
  try {
    return new Runtime(code).call('Core_version', new Uint8Array(), new RuntimeStorage(undefined));
  } catch {
    return undefined;
  }
}

function compile(wasm: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(wasm);
  } catch (error) {
    throw new RuntimeFailure(`The runtime's code is no Wasm that can run: ${(error as Error).message}`);
  }
}

function unpacked(code: Uint8Array): Uint8Array {
  if (!COMPRESSED.equals(code.subarray(0, COMPRESSED.length))) return code;
  return zstdDecompressSync(code.subarray(COMPRESSED.length), { maxOutputLength: MAX_CODE_BYTES });
}

/** Why a call failed: what the runtime said last, if it panicked; otherwise what stopped it. */
function failureOf(entry: string, said: string | undefined, error: unknown): Error {
  if (error instanceof RuntimeFailure) return error;
  if (error instanceof WebAssembly.RuntimeError) return new RuntimeFailure(`${entry}: ${said ?? error.message}`);
  // V8's own limit on the depth of calls.
  if (error instanceof RangeError) return new RuntimeFailure(`${entry}: ${error.message}`);
  return error as Error;
}
