// What is tested of the chain in Rust: which crates, and where they are compiled.

import { CONTRACTS_DIRECTORY } from './build-contracts.mjs';
import { CHAIN_DIRECTORY } from './compile-runtime.mjs';

/** The pallets of this repository, by the names of their directories. */
export const PALLETS = ['csc', 'drn', 'osc', 'psc', 'scl'];

/**
 * @typedef {object} Suite
 * @property {string} cwd cargo workspace
 * @property {string[]} packages arguments that choose its crates and their features
 * @property {string} target name of the directory, in the cache, that it is compiled in
 */

/** @type {Suite} The pallets by themselves. */
export const PALLET_SUITE = {
  cwd: CHAIN_DIRECTORY,
  packages: [...packages(PALLETS.map(crate)), '--features', PALLETS.map(tried).join()],
  target: 'chain-host',
};

/** @type {Suite} The pallets, and the runtime that is made of them. */
export const RUNTIME_SUITE = {
  cwd: CHAIN_DIRECTORY,
  packages: [
    ...packages([...PALLETS.map(crate), 'logos-runtime']),
    '--features',
    // A referendum takes weeks of blocks, but for the fast runtime.
    ['logos-runtime/fast-runtime', 'logos-runtime/try-runtime', ...PALLETS.map(tried)].join(),
  ],
  target: 'runtime-check',
};

/** @type {Suite} */
export const CONTRACT_SUITE = { cwd: CONTRACTS_DIRECTORY, packages: ['--workspace'], target: 'contracts-host' };

function crate(pallet) {
  return `pallet-${pallet}`;
}

/** A pallet with the checks of its storage. */
function tried(pallet) {
  return `${crate(pallet)}/try-runtime`;
}

function packages(names) {
  return names.flatMap((name) => ['--package', name]);
}
