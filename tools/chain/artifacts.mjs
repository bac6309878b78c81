// What every build of an artefact shares: hashes over sources, files whose bytes depend on nothing else, and a cache of
// finished builds.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CACHE, REPOSITORY } from './toolchain.mjs';

/** SHA-256 in hexadecimal. */
export function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * One hash over the Rust sources below a directory: every `.rs`, `Cargo.toml` and `Cargo.lock`, by path and contents.
 * Tests and mocks in files of their own don't go into an artefact, and so not into the hash; nor does a directory with
 * a cargo workspace of its own, which is another artefact's.
 * @param {string} directory
 */
export function hashSources(directory) {
  const list = rustSources(directory).map((file) => `${sha256(readFileSync(file))}  ${relative(directory, file)}\n`);
  return sha256(list.join(''));
}

function rustSources(directory) {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !['artifacts', 'target', 'tests'].includes(name) && !isWorkspace(join(directory, name)))
    .flatMap((entry) =>
      entry.isDirectory() ? rustSources(join(directory, entry.name)) : [join(directory, entry.name)],
    )
    .filter((file) => /\.rs$|^Cargo\.(toml|lock)$/.test(basename(file)) && !/^(tests|mock)\.rs$/.test(basename(file)))
    .sort();
}

function isWorkspace(directory) {
  const manifest = join(directory, 'Cargo.toml');
  return existsSync(manifest) && /^\[workspace\]$/m.test(readFileSync(manifest, 'utf8'));
}

/** JSON with sorted keys and two spaces of indentation, so that a change shows as the lines it touches. */
export function stableJson(value) {
  const sorted = (inner) => {
    if (Array.isArray(inner)) return inner.map(sorted);
    if (inner === null || typeof inner !== 'object') return inner;
    return Object.fromEntries(
      Object.keys(inner)
        .sort()
        .map((key) => [key, sorted(inner[key])]),
    );
  };
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** gzip without a time, a name or the system that packed it. */
export function stableGzip(data) {
  const packed = gzipSync(data, { level: 9 });
  packed.fill(0, 4, 8);
  packed[9] = 0xff;
  return packed;
}

/** What a manifest says about a file. */
export function describe(file, data) {
  return { file, sha256: sha256(data), size: data.length };
}

/** Reads a JSON file. `path` is relative to the repository. */
export function readJson(path) {
  return JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8'));
}

/** Writes files, creating their directories. `files` maps paths relative to `directory` to contents. */
export function writeFiles(directory, files) {
  for (const [name, data] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
  }
}

/** Where the cache keeps, or would keep, the files of a build. `inputs` is all that their bytes depend on, as JSON. */
export function cacheDirectory(name, inputs) {
  return join(CACHE, 'artifacts', `${name}-${sha256(JSON.stringify(inputs)).slice(0, 32)}`);
}

/**
 * The files of a build, from the cache when the same was built before.
 *
 * @param {string} name what is built
 * @param {unknown} inputs all that the bytes depend on, as JSON
 * @param {() => Promise<Record<string, Uint8Array | string>>} build gives the files by name
 * @returns {Promise<Record<string, Buffer>>}
 */
export async function cachedBuild(name, inputs, build) {
  const directory = cacheDirectory(name, inputs);
  if (!existsSync(directory)) {
    const staged = `${directory}.${process.pid}`;
    writeFiles(staged, await build());
    try {
      renameSync(staged, directory);
    } catch (error) {
      rmSync(staged, { recursive: true, force: true });
      if (!existsSync(directory)) throw error;
    }
  }
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((file) => [file, readFileSync(join(directory, file))]),
  );
}
