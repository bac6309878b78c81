// Runs the Rust tests of the chain's pallets and of the contracts. Its exit code says whether they passed.

import { join } from 'node:path';
import { CONTRACTS_DIRECTORY } from './build-contracts.mjs';
import { CHAIN_DIRECTORY } from './build-runtime.mjs';
import { CACHE, run, toolchain } from './toolchain.mjs';

const rust = await toolchain();
const suites = [
  {
    cwd: CHAIN_DIRECTORY,
    packages: ['--package', 'pallet-scl', '--features', 'pallet-scl/try-runtime'],
    target: 'chain-host',
  },
  { cwd: CONTRACTS_DIRECTORY, packages: ['--workspace'], target: 'contracts-host' },
];
let failed = false;
for (const { cwd, packages, target } of suites) {
  try {
    await run(rust.cargo, ['test', '--locked', ...packages, '--lib', '--target-dir', join(CACHE, 'target', target)], {
      cwd,
      env: rust.environment,
    });
  } catch (error) {
    console.error(error.message);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
