// Builds the native node to `dist/logos-node`. A first build takes some 25 minutes on two cores; what cargo compiles and
// the finished program are kept outside the clone, keyed by the hash of the node's sources and lock file, so that only
// a change of them pays for it.
//
//   node tools/chain/build-node.mjs          builds what is not in the cache, and puts it into dist/
//   node tools/chain/build-node.mjs --find   prints where the cache has it; exits with 1 when it has not

import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDirectory, cachedBuild, hashSources } from './artifacts.mjs';
import { CACHE, REPOSITORY, run, toolchain } from './toolchain.mjs';

/** The node's cargo workspace. */
export const NODE_DIRECTORY = join(REPOSITORY, 'chain', 'node');

const PROGRAM = 'logos-node';

/** All that the node's bytes depend on. */
function inputs(rust) {
  return { sources: hashSources(NODE_DIRECTORY), rustc: rust.versions.rustc };
}

/** Where the node of the present sources is in the cache, whether it was built yet or not. */
export async function cachedNode() {
  return join(cacheDirectory('node', inputs(await toolchain())), PROGRAM);
}

/**
 * Builds the node from its sources, or takes it from the cache.
 * @returns {Promise<string>} where the program is
 */
export async function buildNode() {
  const rust = await toolchain();
  await cachedBuild('node', inputs(rust), async () => {
    const target = join(CACHE, 'target', 'node');
    await run(rust.cargo, ['build', '--locked', '--release', '--bin', PROGRAM, '--target-dir', target], {
      cwd: NODE_DIRECTORY,
      env: rust.environment,
    });
    return { [PROGRAM]: readFileSync(join(target, 'release', PROGRAM)) };
  });
  const program = await cachedNode();
  chmodSync(program, 0o755);
  return program;
}

/** Copies the node to `dist/`. A rename puts it there at once: a node that runs keeps the program that it has. */
function install(program) {
  const dist = join(REPOSITORY, 'dist');
  mkdirSync(dist, { recursive: true });
  const staged = join(dist, `${PROGRAM}.${process.pid}`);
  copyFileSync(program, staged);
  renameSync(staged, join(dist, PROGRAM));
  return join(dist, PROGRAM);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--find')) {
    const program = await cachedNode();
    if (existsSync(program)) console.log(program);
    else process.exitCode = 1;
  } else {
    console.log(install(await buildNode()));
  }
}
