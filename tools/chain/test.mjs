// Runs the Rust tests of the chain's pallets and of the contracts. Its exit code says whether they passed.

import { join } from 'node:path';
import { CONTRACTS_DIRECTORY } from './build-contracts.mjs';
import { CHAIN_DIRECTORY } from './build-runtime.mjs';
import { CACHE, run, toolchain } from './toolchain.mjs';

const PALLETS = ['csc', 'drn', 'osc', 'psc', 'scl'].map((name) => `pallet-${name}`);

const rust = await toolchain();
const suites = [
  {
    cwd: CHAIN_DIRECTORY,
    packages: [
      ...[...PALLETS, 'logos-runtime'].flatMap((name) => ['--package', name]),
      '--features',
      // A referendum takes weeks of blocks, but for the fast runtime.
      ['logos-runtime/fast-runtime', ...[...PALLETS, 'logos-runtime'].map((name) => `${name}/try-runtime`)].join(),
    ],
    target: 'runtime-check',
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
