/** What a worker of a CPU proof is given: one lane of a round. */
export interface LaneInput {
  module: Uint8Array;
  tableBytes: number;
  seed: string;
  lane: number;
  roundsPerLink: number;
  windowMs: number;
}

export interface LaneResult {
  checkpoints: Uint8Array;
  cpuSeconds: number;
}

/**
 * The worker's program as text, because a single-file binary has no second script to load. It does what `checkpoint` of
 * chain.ts does, again and again until its window is over.
 */
export const LANE_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { module, tableBytes, seed, lane, roundsPerLink, windowMs } = workerData;
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
const table = new Uint8Array(exports.memory.buffer, 0, tableBytes);
const digest = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest();
};
// The engine's better code first; neither that nor the start of this thread is the machine's speed, nor does it count for
// the window: on a machine with much to do it would take all of it.
for (let index = 0; index < 4; index++) exports.link(Math.min(roundsPerLink, 100000), 1n);
const cpuSeconds = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
const cpuBefore = cpuSeconds();
const began = performance.now();
const ends = [];
let before = Buffer.alloc(0);
for (let index = 0; index === 0 || performance.now() - began < windowMs; index++) {
  const start = digest(seed, String(lane), String(index), before);
  table.fill(0);
  const state = Buffer.alloc(8);
  state.writeBigUInt64LE(BigInt.asUintN(64, exports.link(roundsPerLink, start.readBigUInt64LE())));
  before = digest(start, state).subarray(0, 16);
  ends.push(before);
}
parentPort.postMessage({ checkpoints: Buffer.concat(ends), cpuSeconds: cpuSeconds() - cpuBefore });
`;
