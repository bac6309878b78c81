// Builds the program of `chain/bencher`, which runs a runtime's benchmarks. It is compiled where the node is, for the two
// have most of their crates in common.

import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, cachedBuild, hashSources } from './artifacts.mjs';
import { CACHE, REPOSITORY, run } from './toolchain.mjs';

const DIRECTORY = join(REPOSITORY, 'chain', 'bencher');
const PROGRAM = 'logos-bencher';

/**
 * Builds the bencher from its sources, or takes it from the cache.
 * @param {import('./toolchain.mjs').Toolchain} rust
 * @returns {Promise<string>} where the program is
 */
export async function buildBencher(rust) {
  const inputs = { sources: hashSources(DIRECTORY), rustc: rust.versions.rustc };
  await cachedBuild('bencher', inputs, async () => {
    const target = join(CACHE, 'target', 'node');
    await run(rust.cargo, ['build', '--locked', '--release', '--bin', PROGRAM, '--target-dir', target], {
      cwd: DIRECTORY,
      env: rust.environment,
    });
    return { [PROGRAM]: readFileSync(join(target, 'release', PROGRAM)) };
  });
  const program = join(cacheDirectory('bencher', inputs), PROGRAM);
  chmodSync(program, 0o755);
  return program;
}
