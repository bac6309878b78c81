// Checks that the built artefacts in the repository are those of its sources.
//
//   node tools/chain/verify-artifacts.mjs             compares hashes; needs no Rust
//   node tools/chain/verify-artifacts.mjs --rebuild   also builds everything anew and compares the bytes
//
// Bytes depend on the compiler. Where another one is installed than the artefacts were built with, the comparison is
// skipped, and a line that starts with `SKIPPED` says so. Exits with 1 when something doesn't match.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSources, readJson, sha256 } from './artifacts.mjs';
import { REPOSITORY, toolchain } from './toolchain.mjs';

/** The directories that hold sources, and below `artifacts/` what is built of them. */
const SETS = [
  {
    directory: 'chain',
    script: 'build-runtime.mjs',
    load: async () => (await import('./build-runtime.mjs')).buildRuntime,
  },
  {
    directory: 'contracts',
    script: 'build-contracts.mjs',
    load: async () => (await import('./build-contracts.mjs')).buildContracts,
  },
];

/** Differences between a set's manifest, its sources and its files. */
function compareHashes({ directory, script }) {
  const manifest = readJson(`${directory}/artifacts/manifest.json`);
  const differences = described(manifest).flatMap(({ file, sha256: expected }) => {
    const path = join(REPOSITORY, directory, 'artifacts', file);
    if (!existsSync(path)) return [`${directory}/artifacts/${file} is missing`];
    return sha256(readFileSync(path)) === expected
      ? []
      : [`${directory}/artifacts/${file} is not the file that its manifest names`];
  });
  if (hashSources(join(REPOSITORY, directory)) !== manifest.sources.sha256) {
    differences.push(`${directory}/ changed since ${directory}/artifacts/ was built: run node tools/chain/${script}`);
  }
  return differences;
}

/** Every description of a file in a manifest, however deep. */
function described(value) {
  if (value === null || typeof value !== 'object') return [];
  return typeof value.file === 'string' ? [value] : Object.values(value).flatMap(described);
}

/** Differences between a set's files and those built from the sources with the same toolchain. */
async function compareBytes({ directory, load }, installed) {
  const { toolchain: recorded } = readJson(`${directory}/artifacts/manifest.json`);
  const other = Object.keys(recorded).filter((tool) => recorded[tool] !== installed[tool]);
  if (other.length > 0) {
    const reasons = other.map((tool) => `${tool} is ${installed[tool]} here and was ${recorded[tool]}`);
    console.log(`SKIPPED artefact comparison: ${directory}/artifacts: ${reasons.join(', ')}`);
    return [];
  }
  const build = await load();
  return Object.entries(await build()).flatMap(([file, data]) => {
    const path = join(REPOSITORY, directory, 'artifacts', file);
    const same = existsSync(path) && readFileSync(path).equals(data);
    return same ? [] : [`${directory}/artifacts/${file} is not what its sources build to`];
  });
}

const differences = SETS.flatMap(compareHashes);
if (process.argv.includes('--rebuild')) {
  const { versions } = await toolchain();
  for (const set of SETS) differences.push(...(await compareBytes(set, versions)));
}
for (const difference of differences) console.error(difference);
if (differences.length === 0) console.log('The artefacts of the chain and the contracts match their sources');
process.exitCode = differences.length === 0 ? 0 : 1;
