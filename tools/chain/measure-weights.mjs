// `npm run bench:weights`: measures what the work of our pallets costs, and writes it to their weights.
//
//   node tools/chain/measure-weights.mjs [--steps 50] [--repeat 20] [--only pallet_csc,pallet_osc] [--json FILE]
//
// The benchmarks run in the runtime's own Wasm, by the executor that the node has, on the state of the development chain.
// Leave the machine alone meanwhile: what else runs on it is measured too. Whoever changes the weights changes the
// runtime: `npm run build:chain` comes after.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { compactToU8a, u8aToHex } from '@polkadot/util';
import { xxhashAsHex } from '@polkadot/util-crypto';
import { readJson, sha256 } from './artifacts.mjs';
import { buildBencher } from './bencher.mjs';
import { CHAIN_DIRECTORY, compileRuntime } from './compile-runtime.mjs';
import { PALLETS } from './suites.mjs';
import { toolchain } from './toolchain.mjs';
import { writeWeights } from './weights-writer.mjs';

/** How many blocks the chain's randomness is drawn from: what a challenge costs depends on it. */
const DRAWN_BLOCKS = 81;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '50' },
    repeat: { type: 'string', default: '20' },
    only: { type: 'string', default: PALLETS.map((name) => `pallet_${name}`).join() },
    json: { type: 'string' },
  },
});

const rust = await toolchain();
const bencher = await buildBencher(rust);
const wasm = await compileRuntime(rust, ['runtime-benchmarks']);
const reports = await measure(wasm, values.only.split(','));
if (values.json) writeFileSync(values.json, `${JSON.stringify(reports, null, 2)}\n`);
const header = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}.`,
  `Compiler: rustc ${rust.versions.rustc}. Parameters: ${values.steps} steps. Runs: ${values.repeat} a step.`,
  'Time is a least-squares fit in picoseconds, proof sizes are what the runs recorded in bytes.',
];
for (const [pallet, measured] of Object.entries(reports)) {
  const file = join(CHAIN_DIRECTORY, 'pallets', pallet.replace(/^pallet_/, ''), 'src', 'weights', 'measured.rs');
  writeFileSync(file, writeWeights(measured, header));
  console.log(`${pallet}: ${measured.length} benchmarks`);
}

/** Runs the benchmarks of pallets. Gives the bencher's reports, by pallet. */
async function measure(wasm, pallets) {
  const directory = mkdtempSync(join(tmpdir(), 'logos-weights-'));
  try {
    const runtime = join(directory, 'runtime.wasm');
    const chain = join(directory, 'chain.json');
    writeFileSync(runtime, wasm);
    writeFileSync(chain, JSON.stringify({ genesis: { raw: { top: state() } } }));
    const effort = ['--steps', values.steps, '--repeat', values.repeat];
    const files = ['--runtime', runtime, '--chain', chain];
    const running = promisify(execFile)(bencher, [...files, ...effort, ...pallets], { maxBuffer: 64 * 1024 * 1024 });
    running.child.stderr.pipe(process.stderr);
    return JSON.parse((await running).stdout);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The first state of the development chain, with the hashes of blocks that a chain which has run for a while draws from. */
function state() {
  const { top } = readJson('chain/artifacts/genesis-dev.json').genesis.raw;
  const prefix = ['RandomnessCollectiveFlip', 'RandomMaterial'].map((name) => xxhashAsHex(name, 128).slice(2));
  const hashes = Array.from({ length: DRAWN_BLOCKS }, (_, block) => sha256(String(block)));
  const length = u8aToHex(compactToU8a(DRAWN_BLOCKS));
  return { ...top, [`0x${prefix.join('')}`]: length + hashes.join('') };
}

/** What kind of machine this is. */
function machine() {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gibibytes} GiB`;
}
