// `npm run fuzz:chain`: random sequences of calls of every pallet and every contract, with what must hold of their storage
// checked after each call.
//
//   node tools/chain/fuzz.mjs [--sequences 20000]
//
// So many sequences are tried of each pallet and of each contract. Exits with 1 when one breaks a promise; the shortest
// such sequence is printed.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTRACT_SUITE, PALLET_SUITE } from './suites.mjs';
import { CACHE, run, toolchain } from './toolchain.mjs';

const { values } = parseArgs({ options: { sequences: { type: 'string', default: '20000' } } });

const rust = await toolchain();
const env = {
  ...rust.environment,
  FUZZ_SEQUENCES: values.sequences,
  // The contracts' tests take their number from the library that makes the sequences.
  PROPTEST_CASES: values.sequences,
  // Fast, but for what a release leaves unchecked, and for the contracts' small size.
  CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
  CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '2',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
};
let failed = false;
for (const [{ cwd, packages, target }, filters] of [
  [PALLET_SUITE, ['fuzz']],
  [CONTRACT_SUITE, []],
]) {
  const where = ['--lib', '--target-dir', join(CACHE, 'target', target)];
  try {
    await run(rust.cargo, ['test', '--locked', '--release', ...packages, ...where, '--', ...filters], { cwd, env });
  } catch (error) {
    console.error(error.message);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
