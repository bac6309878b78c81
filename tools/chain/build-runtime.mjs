// Builds the runtime to `chain/artifacts/`: its Wasm, the development chain's first state, and a manifest of both.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cachedBuild, describe, hashSources, sha256, stableGzip, stableJson, writeFiles } from './artifacts.mjs';
import { openRuntime } from './runtime-calls.mjs';
import { CACHE, REPOSITORY, RUNTIME_TARGET, run, toolchain } from './toolchain.mjs';
import { stripCustomSections } from './wasm.mjs';

/** Where the cargo workspace and, below `artifacts/`, what is built of it are. */
export const CHAIN_DIRECTORY = join(REPOSITORY, 'chain');

const RUNTIME_FILE = 'logos-runtime.wasm.gz';
const GENESIS_FILE = 'genesis-dev.json';
const DEVELOPMENT_PRESET = 'development';

/** What a node reads from the runtime without running it. */
const NODE_SECTIONS = ['runtime_version', 'runtime_apis'];

/** The development chain, but for its state. Its runtime is not in it: whoever loads it puts `:code` there. */
const DEVELOPMENT_SPEC = {
  name: 'Logos Development',
  id: 'logos_dev',
  chainType: 'Development',
  protocolId: 'logos',
  bootNodes: [],
  telemetryEndpoints: null,
  codeSubstitutes: {},
  properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'LOGOS' },
};

/**
 * Builds the runtime from its sources, or takes it from the cache.
 * @returns {Promise<Record<string, Buffer>>} the files of `chain/artifacts/`, by name
 */
export async function buildRuntime() {
  const rust = await toolchain();
  const sources = hashSources(CHAIN_DIRECTORY);
  const recipe = ['build-runtime.mjs', 'runtime-calls.mjs', 'toolchain.mjs', 'wasm.mjs'].map((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  );
  return cachedBuild('runtime', { sources, recipe, versions: rust.versions }, async () => {
    const wasm = stripCustomSections(await compile(rust), NODE_SECTIONS);
    const packed = stableGzip(wasm);
    const { version, metadata, top } = await ask(wasm);
    const genesis = Buffer.from(stableJson({ ...DEVELOPMENT_SPEC, genesis: { raw: { top, childrenDefault: {} } } }));
    const manifest = {
      genesis: describe(GENESIS_FILE, genesis),
      runtime: {
        ...describe(RUNTIME_FILE, packed),
        ...version,
        metadataSha256: sha256(metadata),
        wasmSha256: sha256(wasm),
        wasmSize: wasm.length,
      },
      sources: { sha256: sources },
      toolchain: rust.versions,
    };
    return { [RUNTIME_FILE]: packed, [GENESIS_FILE]: genesis, 'manifest.json': stableJson(manifest) };
  });
}

async function compile(rust) {
  const target = join(CACHE, 'target', 'runtime');
  // The configuration flag tells the runtime's macros what they expand for; the executor needs the table exported.
  const env = await rust.wasmEnvironment(
    RUNTIME_TARGET,
    CHAIN_DIRECTORY,
    { [CHAIN_DIRECTORY]: '/chain', [target]: '/target' },
    ['--cfg', 'substrate_runtime', '-Clink-arg=--export-table'],
  );
  await run(
    rust.cargo,
    [
      'rustc',
      '--locked',
      '--package',
      'logos-runtime',
      '--lib',
      '--crate-type',
      'cdylib',
      '--no-default-features',
      '--profile',
      'wasm',
      '--target',
      RUNTIME_TARGET,
      '--target-dir',
      target,
    ],
    { cwd: CHAIN_DIRECTORY, env },
  );
  return readFileSync(join(target, RUNTIME_TARGET, 'wasm', 'logos_runtime.wasm'));
}

/** What only the runtime itself knows. */
async function ask(wasm) {
  const runtime = openRuntime(wasm);
  try {
    return {
      version: await runtime.version(),
      metadata: await runtime.metadata(),
      top: await runtime.genesis(DEVELOPMENT_PRESET),
    };
  } finally {
    await runtime.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await buildRuntime();
  writeFiles(join(CHAIN_DIRECTORY, 'artifacts'), files);
  for (const [name, data] of Object.entries(files)) console.log(`chain/artifacts/${name}: ${data.length} bytes`);
}
