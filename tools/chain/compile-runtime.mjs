// The compilation of the runtime's Wasm that every build of it shares, whatever its features.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, REPOSITORY, RUNTIME_TARGET, run } from './toolchain.mjs';
import { stripCustomSections } from './wasm.mjs';

/** Where the cargo workspace and, below `artifacts/`, what is built of it are. */
export const CHAIN_DIRECTORY = join(REPOSITORY, 'chain');

/** What a node reads from the runtime without running it. */
const NODE_SECTIONS = ['runtime_version', 'runtime_apis'];

/**
 * Compiles the runtime as it is put on chain. What variants have in common is compiled once.
 * @param {import('./toolchain.mjs').Toolchain} rust
 * @param {string[]} features of the runtime's crate, besides those of every runtime on a chain
 * @returns {Promise<Buffer>} its Wasm, without what only debuggers read
 */
export async function compileRuntime(rust, features) {
  const target = join(CACHE, 'target', 'runtime');
  // The configuration flag tells the runtime's macros what they expand for; the executor needs the table exported.
  const env = await rust.wasmEnvironment(
    RUNTIME_TARGET,
    CHAIN_DIRECTORY,
    { [CHAIN_DIRECTORY]: '/chain', [target]: '/target' },
    ['--cfg', 'substrate_runtime', '-Clink-arg=--export-table'],
  );
  const crate = ['--package', 'logos-runtime', '--lib', '--crate-type', 'cdylib'];
  const how = ['--locked', '--no-default-features', '--features', ['on-chain', ...features].join(',')];
  const where = ['--profile', 'wasm', '--target', RUNTIME_TARGET, '--target-dir', target];
  await run(rust.cargo, ['rustc', ...crate, ...how, ...where], {
    cwd: CHAIN_DIRECTORY,
    env,
    // What a script prints on stdout is its own.
    stdio: ['ignore', 2, 'inherit'],
  });
  return stripCustomSections(readFileSync(join(target, RUNTIME_TARGET, 'wasm', 'logos_runtime.wasm')), NODE_SECTIONS);
}
