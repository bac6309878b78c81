// Builds the runtime to `chain/artifacts/`: its Wasm, the first states of chains that it runs, and a manifest of all.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cachedBuild, describe, hashSources, sha256, stableGzip, stableJson, writeFiles } from './artifacts.mjs';
import { CHAIN_DIRECTORY, compileRuntime } from './compile-runtime.mjs';
import { openRuntime } from './runtime-calls.mjs';
import { toolchain } from './toolchain.mjs';

/** The runtime of real chains and of the development chain, and the one whose epochs, eras and referenda are short. */
const RUNTIME_FILE = 'logos-runtime.wasm.gz';
const FAST_RUNTIME_FILE = 'logos-runtime-fast.wasm.gz';

/** What all chains have in common. A runtime is never in them: whoever loads one puts it under `:code`. */
const COMMON_SPEC = {
  bootNodes: [],
  telemetryEndpoints: null,
  codeSubstitutes: {},
  properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'LOGOS' },
};
const DEVELOPMENT_SPEC = {
  ...COMMON_SPEC,
  name: 'Logos Development',
  id: 'logos_dev',
  chainType: 'Development',
  protocolId: 'logos',
};
const LOCAL_SPEC = {
  ...COMMON_SPEC,
  name: 'Logos Local Testnet',
  id: 'logos_local',
  chainType: 'Local',
  protocolId: 'logos-local',
};

/** For the founders of a network to fill in; its state is a document that the runtime builds the first block from. */
const TEMPLATE_SPEC = { ...COMMON_SPEC, name: '', id: '', chainType: 'Live', protocolId: '' };

/**
 * Builds the runtime from its sources, or takes it from the cache.
 * @returns {Promise<Record<string, Buffer>>} the files of `chain/artifacts/`, by name
 */
export async function buildRuntime() {
  const rust = await toolchain();
  const sources = hashSources(CHAIN_DIRECTORY);
  const recipe = ['build-runtime.mjs', 'compile-runtime.mjs', 'runtime-calls.mjs', 'toolchain.mjs', 'wasm.mjs'].map(
    (file) => readFileSync(join(import.meta.dirname, file), 'utf8'),
  );
  return cachedBuild('runtime', { sources, recipe, versions: rust.versions }, async () => {
    const real = await variant(rust, RUNTIME_FILE, []);
    const fast = await variant(rust, FAST_RUNTIME_FILE, ['fast-runtime']);
    const specs = {
      'genesis-dev.json': await rawSpec(real.wasm, DEVELOPMENT_SPEC, 'development'),
      'genesis-local.json': await rawSpec(fast.wasm, LOCAL_SPEC, 'local_testnet'),
      'spec-template.json': await patchSpec(real.wasm, TEMPLATE_SPEC, 'template'),
    };
    const manifest = {
      genesis: describe('genesis-dev.json', specs['genesis-dev.json']),
      genesisLocal: describe('genesis-local.json', specs['genesis-local.json']),
      runtime: real.description,
      runtimeFast: fast.description,
      sources: { sha256: sources },
      specTemplate: describe('spec-template.json', specs['spec-template.json']),
      toolchain: rust.versions,
    };
    return {
      [RUNTIME_FILE]: real.packed,
      [FAST_RUNTIME_FILE]: fast.packed,
      ...specs,
      'manifest.json': stableJson(manifest),
    };
  });
}

/** Compiles the runtime with some of its features and says what it is. */
async function variant(rust, file, features) {
  const wasm = await compileRuntime(rust, features);
  const packed = stableGzip(wasm);
  const { version, metadata } = await withRuntime(wasm, async (runtime) => ({
    version: await runtime.version(),
    metadata: await runtime.metadata(),
  }));
  const description = {
    ...describe(file, packed),
    ...version,
    metadataSha256: sha256(metadata),
    wasmSha256: sha256(wasm),
    wasmSize: wasm.length,
  };
  return { wasm, packed, description };
}

/** A chain's specification with the state of its first block, key by key. */
async function rawSpec(wasm, spec, preset) {
  const top = await withRuntime(wasm, (runtime) => runtime.genesis(preset));
  return Buffer.from(stableJson({ ...spec, genesis: { raw: { top, childrenDefault: {} } } }));
}

/** A chain's specification with the document that the runtime builds its first block from. */
async function patchSpec(wasm, spec, preset) {
  const patch = await withRuntime(wasm, (runtime) => runtime.preset(preset));
  return Buffer.from(stableJson({ ...spec, genesis: { runtimeGenesis: { patch } } }));
}

/** What only the runtime itself knows. */
async function withRuntime(wasm, use) {
  const runtime = openRuntime(wasm);
  try {
    return await use(runtime);
  } finally {
    await runtime.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await buildRuntime();
  writeFiles(join(CHAIN_DIRECTORY, 'artifacts'), files);
  for (const [name, data] of Object.entries(files)) console.log(`chain/artifacts/${name}: ${data.length} bytes`);
}
