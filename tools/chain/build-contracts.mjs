// Builds the ink! contracts to `contracts/artifacts/<name>.contract`: metadata and Wasm in one JSON file.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blake2AsHex } from '@polkadot/util-crypto';
import binaryen from 'binaryen';
import { cachedBuild, describe, hashSources, stableJson, writeFiles } from './artifacts.mjs';
import { CACHE, CONTRACT_TARGET, REPOSITORY, run, toolchain } from './toolchain.mjs';

/** The contracts, each a crate of this name in `contracts/`. */
export const CONTRACTS = ['configuration', 'deployment', 'lease', 'operation', 'placement', 'privacy'];

/** Where the crates and, below `artifacts/`, what is built of them are. */
export const CONTRACTS_DIRECTORY = join(REPOSITORY, 'contracts');

/** ink! passes arguments, results and values through one buffer of this size, in bytes. A contract has 1 MiB in all. */
const BUFFER_BYTES = 256 * 1024;
const STACK_BYTES = 64 * 1024;
const MEMORY_BYTES = 1024 * 1024;

/**
 * Builds all contracts from their sources, or takes them from the cache.
 * @returns {Promise<Record<string, Buffer>>} the files of `contracts/artifacts/`, by name
 */
export async function buildContracts() {
  const rust = await toolchain();
  const sources = hashSources(CONTRACTS_DIRECTORY);
  const recipe = [import.meta.filename, join(import.meta.dirname, 'toolchain.mjs')].map((file) =>
    readFileSync(file, 'utf8'),
  );
  return cachedBuild('contracts', { sources, recipe, versions: rust.versions }, async () => {
    const files = {};
    const contracts = {};
    for (const name of CONTRACTS) {
      const wasm = shrink(await compile(rust, name));
      const bundle = stableJson({ ...metadata(rust, name), ...provenance(rust, name, wasm) });
      files[`${name}.contract`] = bundle;
      contracts[name] = { ...describe(`${name}.contract`, Buffer.from(bundle)), codeHash: blake2AsHex(wasm, 256) };
    }
    files['manifest.json'] = stableJson({ contracts, sources: { sha256: sources }, toolchain: rust.versions });
    return files;
  });
}

async function compile(rust, name) {
  const target = join(CACHE, 'target', 'contracts');
  const env = await rust.wasmEnvironment(
    CONTRACT_TARGET,
    CONTRACTS_DIRECTORY,
    { [CONTRACTS_DIRECTORY]: '/contracts', [target]: '/target' },
    ['-Clink-arg=--import-memory', `-Clink-arg=-zstack-size=${STACK_BYTES}`, `-Clink-arg=--max-memory=${MEMORY_BYTES}`],
  );
  await run(
    rust.cargo,
    [
      'rustc',
      '--locked',
      '--release',
      '--package',
      name,
      '--lib',
      '--crate-type',
      'cdylib',
      '--no-default-features',
      '--target',
      CONTRACT_TARGET,
      '--target-dir',
      target,
    ],
    { cwd: CONTRACTS_DIRECTORY, env: { ...env, INK_STATIC_BUFFER_SIZE: String(BUFFER_BYTES) } },
  );
  return readFileSync(join(target, CONTRACT_TARGET, 'release', `${name}.wasm`));
}

/** Keeps the two exports that the chain takes, and optimises for size within the first Wasm release. */
function shrink(wasm) {
  const module = binaryen.readBinary(wasm);
  module.setFeatures(binaryen.Features.MVP);
  for (let index = module.getNumExports() - 1; index >= 0; index--) {
    const { name } = binaryen.getExportInfo(module.getExportByIndex(index));
    if (name !== 'call' && name !== 'deploy') module.removeExport(name);
  }
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  binaryen.setZeroFilledMemory(true);
  module.optimize();
  module.runPasses(['strip-debug', 'strip-producers', 'strip-target-features']);
  const small = module.emitBinary();
  module.dispose();
  return small;
}

/** The contract's metadata as ink! declares it: its own code, built for this machine, prints it. */
function metadata(rust, name) {
  const target = join(CACHE, 'target', 'contracts-host');
  const args = ['run', '--quiet', '--locked', '--package', 'contract-metadata', '--bin', name, '--target-dir', target];
  return JSON.parse(
    execFileSync(rust.cargo, args, {
      cwd: CONTRACTS_DIRECTORY,
      env: rust.environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
}

function provenance(rust, name, wasm) {
  const manifest = readFileSync(join(CONTRACTS_DIRECTORY, 'Cargo.toml'), 'utf8');
  return {
    contract: { name, version: /^version = "(.+)"$/m.exec(manifest)[1], authors: ['Logos'] },
    source: {
      hash: blake2AsHex(wasm, 256),
      language: `ink! ${/^ink = \{ version = "=(.+?)"/m.exec(manifest)[1]}`,
      compiler: `rustc ${rust.versions.rustc}`,
      wasm: `0x${Buffer.from(wasm).toString('hex')}`,
    },
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await buildContracts();
  writeFiles(join(CONTRACTS_DIRECTORY, 'artifacts'), files);
  for (const [name, data] of Object.entries(files)) console.log(`contracts/artifacts/${name}: ${data.length} bytes`);
}
