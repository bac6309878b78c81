// `npm run coverage:chain`: the lines of the pallets and the contracts that their own tests run, by crate.
//
//   node tools/chain/coverage.mjs [--json] [--least 90] [--uncovered]
//
// Tests, mocks, benchmarks and what only builds run are not counted. Exits with 1 when a crate has less than `--least` per cent of its lines
// covered, or a test fails. `--uncovered` prints the lines that no test runs.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { coveredLines } from './covered-lines.mjs';
import { CONTRACT_SUITE, PALLET_SUITE } from './suites.mjs';
import { CACHE, REPOSITORY, run, toolchain } from './toolchain.mjs';

/** Files that are no part of what is tested, and the program that each build of the contracts runs. */
const NOT_COUNTED = /(^|\/)(tests|mock|benchmarking|testing)(\.rs$|\/)|contracts\/metadata\//;

/**
 * What ink! generates beside a contract's own functions, by what their mangled names hold: how a call is decoded and
 * answered on chain, how other contracts call it, and what describes and stores its state.
 */
const GENERATED =
  /__ink_|CallBuilder|(Contract|Configuration)Ref|Dispatchable|ConstructorReturnType|push_contract|8Storable|8TypeInfo|13StorageLayout/;

/**
 * The macros of ink! write a message anew, at the place of the original. Where that begins and ends the compiler tells only
 * those who may use what isn't stable yet; without it, no line of a message would be counted.
 */
const CONTRACTS = { ...CONTRACT_SUITE, target: 'contracts-coverage', environment: { RUSTC_BOOTSTRAP: '1' } };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    least: { type: 'string', default: '90' },
    uncovered: { type: 'boolean', default: false },
  },
});

const rust = await toolchain();
const tools = { merge: await rust.llvmTool('llvm-profdata'), report: await rust.llvmTool('llvm-cov') };
const directory = mkdtempSync(join(tmpdir(), 'logos-coverage-'));
try {
  const crates = [];
  for (const suite of [PALLET_SUITE, CONTRACTS]) crates.push(...(await cover(suite)));
  if (values.json) console.log(JSON.stringify(crates, null, 2));
  else
    for (const { crate, lines, covered, percent } of crates)
      console.log(`${crate}: ${percent} % (${covered} of ${lines} lines)`);
  if (crates.some(({ percent }) => percent < Number(values.least))) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Runs a suite's tests and gives the lines of each of its crates, and how many were run. */
async function cover({ cwd, packages, target, environment }) {
  const profiles = mkdtempSync(join(directory, 'profiles-'));
  const env = {
    ...rust.environment,
    ...environment,
    // Only the crates of the workspace are counted: what they depend on stays as it is compiled for other tests.
    RUSTC_WORKSPACE_WRAPPER: wrapper(),
    LLVM_PROFILE_FILE: join(profiles, '%p-%m.profraw'),
  };
  const command = ['test', '--locked', ...packages, '--lib', '--target-dir', join(CACHE, 'target', target)];
  const programs = testPrograms(command, { cwd, env });
  await run(rust.cargo, command, { cwd, env, stdio: ['ignore', 2, 2] });

  const merged = join(profiles, 'merged.profdata');
  const raw = readdirSync(profiles).filter((file) => file.endsWith('.profraw'));
  execFileSync(tools.merge, ['merge', '-sparse', '-o', merged, ...raw.map((file) => join(profiles, file))]);
  const objects = programs.flatMap((program, index) => (index === 0 ? [program] : ['--object', program]));
  const report = execFileSync(tools.report, ['export', `--instr-profile=${merged}`, ...objects], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  return byCrate(
    coveredLines(
      JSON.parse(report).data[0].functions,
      (name, file) => file.startsWith(`${cwd}/`) && !NOT_COUNTED.test(file) && !GENERATED.test(name),
    ),
  );
}

/** A compiler that counts. */
function wrapper() {
  const path = join(CACHE, 'rustc-with-coverage.sh');
  writeFileSync(path, '#!/bin/sh\nexec "$@" -Cinstrument-coverage\n');
  chmodSync(path, 0o755);
  return path;
}

/** Compiles the tests, and gives the programs that they are in. */
function testPrograms(command, options) {
  const built = spawnSync(rust.cargo, [...command, '--no-run', '--message-format=json-render-diagnostics'], {
    ...options,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (built.status !== 0) throw new Error('The tests cannot be compiled: see the messages above');
  return built.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason, executable, profile }) => reason === 'compiler-artifact' && executable && profile.test)
    .map(({ executable }) => executable);
}

/** Sums up the lines of files by the crate that they belong to. */
function byCrate(files) {
  const crates = new Map();
  for (const [path, counts] of [...files].sort(([one], [other]) => one.localeCompare(other))) {
    const file = relative(REPOSITORY, path);
    const crate = file.split('/src/')[0];
    const missed = [...counts].filter(([, count]) => count === 0).map(([line]) => line);
    const sum = crates.get(crate) ?? { lines: 0, covered: 0 };
    crates.set(crate, { lines: sum.lines + counts.size, covered: sum.covered + counts.size - missed.length });
    if (values.uncovered) for (const line of missed.sort((a, b) => a - b)) console.error(`${file}:${line}`);
  }
  return [...crates].map(([crate, { lines, covered }]) => ({
    crate,
    lines,
    covered,
    percent: Math.floor((covered / lines) * 10_000) / 100,
  }));
}
