// The Rust toolchain that builds the chain's Wasm, made of Debian packages only.
//
// Debian ships the compiler without Wasm targets and without `rust-lld`. What is missing is put together here:
// `core` and `alloc` are compiled once per compiler version from Debian's own sources into a private sysroot, and
// the linker is `wasm-ld` of the LLVM release that the compiler was built with.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Root of the repository. */
export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything that a build leaves behind and that isn't an artefact lives here, outside the repository. */
export const CACHE = process.env.LOGOS_BUILD_CACHE || join(homedir(), '.cache', 'logos-build');

/** The target of the runtime: Wasm 1.0, as the chain's executor runs it. */
export const RUNTIME_TARGET = 'wasm32v1-none';

/** The target of the contracts: pallet-contracts accepts no feature past the first Wasm release. */
export const CONTRACT_TARGET = 'wasm32-unknown-unknown';

const CARGO = '/usr/bin/cargo';
const RUSTC = '/usr/bin/rustc';
const DEBIAN_PACKAGES = {
  'rustc-web': RUSTC,
  'cargo-web': CARGO,
  'rust-web-src': '/usr/lib/rustlib/src/rust/library/core',
  'protobuf-compiler': '/usr/bin/protoc',
};

/** Part of the sysroot's key: raise it when the way the sysroot is built changes. */
const SYSROOT_RECIPE = 1;

/** Flags that `core` and `alloc` are compiled with; they have to match those of the crates that use them. */
const SYSROOT_FLAGS = {
  [RUNTIME_TARGET]: ['-Cembed-bitcode=yes'],
  [CONTRACT_TARGET]: ['-Cembed-bitcode=yes', '-Ctarget-cpu=mvp'],
};

/**
 * Runs a program to its end, with its output on ours.
 * @param {string} command program
 * @param {string[]} args its arguments
 * @param {import('node:child_process').SpawnOptions} [options]
 * @throws {Error} when it can't be started or doesn't exit with 0
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/**
 * The toolchain. What is missing of it is installed, and the sysroot built when a Wasm build first needs it.
 *
 * @typedef {object} Toolchain
 * @property {{ rustc: string, linker: string }} versions what the bytes of an artefact depend on besides its sources
 * @property {string} cargo path of cargo
 * @property {NodeJS.ProcessEnv} environment for host builds (tests, tools)
 * @property {(target: string, workspace: string, standIns: Record<string, string>, extra: string[]) => Promise<NodeJS.ProcessEnv>} wasmEnvironment
 *   environment for a build of a cargo workspace to `target`; `standIns` gives names to directories that must not show in
 *   the bytes, and `extra` are more flags for the compiler
 * @property {(name: string) => Promise<string>} llvmTool path of a tool of the LLVM release that the compiler was built with
 *
 * @returns {Promise<Toolchain>}
 * @throws {Error} when a Debian package is missing and can't be installed
 */
export async function toolchain() {
  await installPackages(
    Object.entries(DEBIAN_PACKAGES)
      .filter(([, file]) => !existsSync(file))
      .map(([name]) => name),
  );
  const verbose = output(RUSTC, ['-vV']);
  const llvmMajor = /^LLVM version: (\d+)/m.exec(verbose)?.[1];
  if (!llvmMajor) throw new Error(`${RUSTC} -vV names no LLVM version:\n${verbose}`);
  const linker = `/usr/bin/wasm-ld-${llvmMajor}`;
  if (!existsSync(linker)) await installPackages([`lld-${llvmMajor}`]);

  const versions = {
    rustc: /^release: (\S+)/m.exec(verbose)[1],
    linker: `LLD ${/LLD (\S+)/.exec(output(linker, ['--version']))[1]}`,
  };
  const environment = hostEnvironment();
  const wasmEnvironment = async (target, workspace, standIns, extra) => {
    const sysroot = await wasmSysroot(verbose, environment);
    // Where the crates' sources are isn't known before they are there.
    await run(CARGO, ['fetch', '--quiet', '--locked', '--target', target], { cwd: workspace, env: environment });
    const flags = [
      `--sysroot=${sysroot}`,
      `-Clinker=${linker}`,
      ...SYSROOT_FLAGS[target],
      ...remapFlags({ ...standIns, ...cargoSources(environment.CARGO_HOME), [sysroot]: '/sysroot' }),
      ...extra,
    ];
    return { ...environment, CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f') };
  };
  const llvmTool = async (name) => {
    const path = `/usr/lib/llvm-${llvmMajor}/bin/${name}`;
    if (!existsSync(path)) await installPackages([`llvm-${llvmMajor}`]);
    return path;
  };
  return { versions, cargo: CARGO, environment, wasmEnvironment, llvmTool };
}

async function installPackages(names) {
  if (names.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new Error(`Debian packages are missing. Install them as root: apt-get install ${names.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-q', 'update'], { env });
  await run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600', ...names], {
    env,
  });
}

/** An environment in which only Debian's compiler is found and nothing from outside changes the bytes. */
function hostEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(RUST(FLAGS|C_.*|UP_.*|DOCFLAGS)|CARGO_.*)$/.test(name) && name !== 'CARGO_HOME') delete env[name];
  return {
    ...env,
    PATH: `/usr/bin:${env.PATH ?? '/bin'}`,
    RUSTC,
    CARGO_HOME: env.CARGO_HOME || join(CACHE, 'cargo'),
    CARGO_TERM_COLOR: 'never',
    LC_ALL: 'C.UTF-8',
    SOURCE_DATE_EPOCH: '0',
  };
}

/** Where cargo unpacks crates: one directory a registry, whose name depends on the registry's address. */
function cargoSources(cargoHome) {
  const unpacked = join(cargoHome, 'registry', 'src');
  const registries = existsSync(unpacked) ? readdirSync(unpacked).map((name) => [join(unpacked, name), '/crates']) : [];
  return { [cargoHome]: '/cargo', ...Object.fromEntries(registries) };
}

/** rustc applies the last prefix that matches, so longer ones have to come after those that hold them. */
function remapFlags(directories) {
  return Object.entries(directories)
    .sort(([a], [b]) => a.length - b.length)
    .map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

/** Compiles `core` and `alloc` for both targets, once per compiler and recipe. Returns the sysroot's directory. */
async function wasmSysroot(rustcVersion, environment) {
  const key = createHash('sha256')
    .update(JSON.stringify([SYSROOT_RECIPE, rustcVersion, SYSROOT_FLAGS]))
    .digest('hex')
    .slice(0, 16);
  const sysroot = join(CACHE, 'sysroot', key);
  if (existsSync(sysroot)) return sysroot;

  console.log(`Building the Wasm sysroot in ${sysroot} (about a minute, once per compiler version)`);
  const build = join(CACHE, 'sysroot', `${key}.${process.pid}`);
  const seed = join(build, 'seed');
  mkdirSync(join(seed, 'src'), { recursive: true });
  writeFileSync(
    join(seed, 'Cargo.toml'),
    [
      '[package]',
      'name = "seed"',
      'version = "0.0.0"',
      'edition = "2021"',
      '[profile.release]',
      'panic = "abort"',
      'opt-level = 3',
      '[workspace]',
      '',
    ].join('\n'),
  );
  writeFileSync(join(seed, 'src', 'lib.rs'), '#![no_std]\n');

  const target = join(build, 'target');
  const staged = join(build, 'sysroot');
  for (const triple of [RUNTIME_TARGET, CONTRACT_TARGET]) {
    const flags = [
      ...SYSROOT_FLAGS[triple],
      ...remapFlags({ ...cargoSources(environment.CARGO_HOME), [build]: '/sysroot' }),
    ];
    // build-std isn't stable yet; this is the only place where an unstable flag is let through.
    const env = { ...environment, RUSTC_BOOTSTRAP: '1', CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f') };
    await run(CARGO, ['build', '--release', '--target', triple, '-Zbuild-std=core,alloc', '--target-dir', target], {
      cwd: seed,
      env,
    });
    const libraries = join(staged, 'lib', 'rustlib', triple, 'lib');
    const dependencies = join(target, triple, 'release', 'deps');
    mkdirSync(libraries, { recursive: true });
    for (const file of readdirSync(dependencies)) {
      if (/^lib(core|alloc|compiler_builtins)-.*\.rlib$/.test(file))
        copyFileSync(join(dependencies, file), join(libraries, file));
    }
  }
  // A rename is atomic: a build that was cut short never leaves a sysroot that looks complete.
  try {
    renameSync(staged, sysroot);
  } catch (error) {
    if (!existsSync(sysroot)) throw error;
  }
  rmSync(build, { recursive: true, force: true });
  return sysroot;
}

function output(command, args) {
  return execFileSync(command, args, { encoding: 'utf8' });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { versions } = await toolchain();
  console.log(`rustc ${versions.rustc}, ${versions.linker}`);
}
