import type { Window } from './figure.ts';

/** What a worker is given: what to run, and the gate at which all threads of one measurement start together. */
export interface WorkerInput {
  work: { kind: 'cpu'; module: Uint8Array } | { kind: 'copy'; bytes: number };
  gate: SharedArrayBuffer;
  /** CPU seconds of one window. */
  windowSeconds: number;
}

export type WorkerMessage = 'ready' | { warmUp: Window } | { window: Window };

/**
 * The worker's program as text for `new Worker(code, { eval: true })`, because a single-file binary has no second
 * script to load. It warms up, says `ready`, waits at the gate, then posts windows until it is terminated.
 *
 * Before each reading of its CPU time the thread sleeps for an instant: the kernel brings a running thread's account up
 * to date only at a timer tick (4 ms), which would make 50 ms windows good to 8 % only; one that was just switched out is exact.
 */
export const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { work, gate, windowSeconds } = workerData;
const start = new Int32Array(gate);
const nap = new Int32Array(new SharedArrayBuffer(4));
const cpuSeconds = () => {
  Atomics.wait(nap, 0, 0, 0.02);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
// amount(n) runs n units and returns the work done: million rounds, or megabytes read and written.
let amount;
if (work.kind === 'cpu') {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(work.module));
  amount = (units) => { exports.run(units * 10000); return units / 100; };
} else {
  const from = new Uint8Array(work.bytes).fill(1);
  const to = new Uint8Array(work.bytes).fill(2);
  amount = (units) => { for (let i = 0; i < units; i++) to.set(from); return units * 2 * work.bytes / 1e6; };
}
const window = (units) => {
  const cpuBefore = cpuSeconds();
  const wallBefore = performance.now();
  const done = amount(units);
  const wall = (performance.now() - wallBefore) / 1e3;
  const cpu = cpuSeconds() - cpuBefore;
  return { rate: done / cpu, cpuSeconds: cpu, wallSeconds: Math.max(wall, cpu) };
};
let units = 1;
const warmUp = () => {
  const result = window(units);
  parentPort.postMessage({ warmUp: result });
  return result;
};
let last = warmUp();
while (last.cpuSeconds < windowSeconds * 0.8) {
  units = Math.ceil(units * Math.min(8, windowSeconds / Math.max(last.cpuSeconds, 1e-6)) * 1.05);
  last = warmUp();
}
for (let i = 0; i < 2; i++) {
  last = warmUp();
  units = Math.max(1, Math.round(units * windowSeconds / Math.max(last.cpuSeconds, windowSeconds / 8)));
}
parentPort.postMessage('ready');
Atomics.wait(start, 0, 0);
for (;;) parentPort.postMessage({ window: window(units) });
`;
