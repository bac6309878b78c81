// Runs the Rust tests of the chain's pallets and of the contracts. Its exit code says whether they passed.

import { join } from 'node:path';
import { CONTRACT_SUITE, RUNTIME_SUITE } from './suites.mjs';
import { CACHE, run, toolchain } from './toolchain.mjs';

const rust = await toolchain();
let failed = false;
for (const { cwd, packages, target } of [RUNTIME_SUITE, CONTRACT_SUITE]) {
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
