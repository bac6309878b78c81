// Builds what an upgrade of a test network puts on chain: the fast runtime under the number that the next version will
// have. It is no artefact: it stays in the cache, and its path there is the last line that is printed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory, cachedBuild, hashSources, stableGzip } from './artifacts.mjs';
import { CHAIN_DIRECTORY } from './build-runtime.mjs';
import { CACHE, RUNTIME_TARGET, run, toolchain } from './toolchain.mjs';
import { stripCustomSections } from './wasm.mjs';

const FILE = 'logos-runtime-next.wasm.gz';
const FEATURES = 'on-chain,fast-runtime,next-version';

/**
 * Builds the runtime of an upgrade, or takes it from the cache.
 * @returns {Promise<string>} where the file is
 */
export async function buildUpgrade() {
  const rust = await toolchain();
  const inputs = { sources: hashSources(CHAIN_DIRECTORY), features: FEATURES, versions: rust.versions };
  await cachedBuild('upgrade', inputs, async () => {
    const wasm = stripCustomSections(await compile(rust), ['runtime_version', 'runtime_apis']);
    return { [FILE]: stableGzip(wasm) };
  });
  return join(cacheDirectory('upgrade', inputs), FILE);
}

/** With the flags of the runtime's own build: what it has compiled needs not be compiled again. */
async function compile(rust) {
  const target = join(CACHE, 'target', 'runtime');
  const env = await rust.wasmEnvironment(
    RUNTIME_TARGET,
    CHAIN_DIRECTORY,
    { [CHAIN_DIRECTORY]: '/chain', [target]: '/target' },
    ['--cfg', 'substrate_runtime', '-Clink-arg=--export-table'],
  );
  const crate = ['--package', 'logos-runtime', '--lib', '--crate-type', 'cdylib'];
  const how = ['--locked', '--no-default-features', '--features', FEATURES, '--profile', 'wasm'];
  const where = ['--target', RUNTIME_TARGET, '--target-dir', target];
  await run(rust.cargo, ['rustc', ...crate, ...how, ...where], {
    cwd: CHAIN_DIRECTORY,
    env,
    // The path is what stands on stdout.
    stdio: ['ignore', 2, 'inherit'],
  });
  return readFileSync(join(target, RUNTIME_TARGET, 'wasm', 'logos_runtime.wasm'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await buildUpgrade());
