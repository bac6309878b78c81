// Hardens a guest, kills that at every one of its steps in turn, restores it each time, and prints what differs then:
//
//   node lab/lsm-every-step.mjs apparmor|selinux [FIRST [LAST]]
//
// Takes minutes (with SELinux the policy is compiled anew each time); ends with 1 where anything differs. Needs what the lab
// tests with a security module need.

import { register } from 'tsx/esm/api';

register();
const { runUnderLsm } = await import('./lsm-guest.ts');

const [module = 'apparmor', ...steps] = process.argv.slice(2);
const script = 'lab/guest-scripts/harden-restore.ts';
const lines = await runUnderLsm({ module, script, args: ['every', ...steps], timeoutMs: 5_400_000 });
for (const line of lines) console.log(JSON.stringify(line));
const bad = lines.filter(
  ({ event, differences }) => event === 'not finished' || (Array.isArray(differences) && differences.length > 0),
);
const killed = lines.filter(({ event, killed: was }) => event === 'killed' && was).length;
console.log(`${killed} steps, ${bad.length} with differences`);
if (bad.length > 0 || killed === 0) process.exitCode = 1;
