// Runs the guard in a guest whose clock is set and which sleeps (suspend to memory), and prints what it said meanwhile:
//
//   node lab/guard-time.mjs
//
// Ends with 1 where it raised an alarm, where the guest could not sleep, or where a change after that was not seen. Needs what
// the lab tests with a security module need.

import { register } from 'tsx/esm/api';

register();
const { runUnderLsm } = await import('./lsm-guest.ts');

const script = 'lab/guest-scripts/guard-time.ts';
const lines = await runUnderLsm({ module: 'apparmor', script, timeoutMs: 900_000 });
const { steps = [], seenMs, failed } = lines.find(({ step }) => step === 'time') ?? {};
for (const step of steps) console.log(JSON.stringify(step));
console.log(failed ?? `a change after it was seen after ${seenMs} ms`);
const isQuiet = steps.every((step) => step.failed === undefined && step.said.deviated === undefined);
const slept = steps.at(-1)?.slept ?? 0;
if (failed !== undefined || !isQuiet || slept < 2 || seenMs === undefined) process.exitCode = 1;
