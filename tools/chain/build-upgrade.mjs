// Builds what an upgrade of a test network puts on chain: the fast runtime under the number that the next version will
// have. It is no artefact: it stays in the cache, and its path there is the last line that is printed.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory, cachedBuild, hashSources, stableGzip } from './artifacts.mjs';
import { CHAIN_DIRECTORY, compileRuntime } from './compile-runtime.mjs';
import { toolchain } from './toolchain.mjs';

const FILE = 'logos-runtime-next.wasm.gz';
const FEATURES = ['fast-runtime', 'next-version'];

/**
 * Builds the runtime of an upgrade, or takes it from the cache.
 * @returns {Promise<string>} where the file is
 */
export async function buildUpgrade() {
  const rust = await toolchain();
  const inputs = { sources: hashSources(CHAIN_DIRECTORY), features: FEATURES, versions: rust.versions };
  await cachedBuild('upgrade', inputs, async () => {
    return { [FILE]: stableGzip(await compileRuntime(rust, FEATURES)) };
  });
  return join(cacheDirectory('upgrade', inputs), FILE);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await buildUpgrade());
