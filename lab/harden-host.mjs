// Puts the region's host policy on the host that it runs on, as `logos provide` does, or takes it away.
//
//   node lab/harden-host.mjs apply|restore LOGOS_HOME

import { join } from 'node:path';
import { register } from 'tsx/esm/api';

register();
const { HOST_PATHS, hardenHost, planHost, policyFromFile, restoreHost } = await import('../src/hardening/index.ts');
const { rememberPolicy } = await import('../src/service/policy.ts');
const { localExec } = await import('../src/system/exec.ts');
const { homeFrom } = await import('../src/system/home.ts');

const LIMITS = { cpuCores: 1, memoryMiB: 1_024 };
const [what, root] = process.argv.slice(2);
const home = homeFrom({ LOGOS_HOME: root });

if (what === 'restore') {
  await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
} else {
  // The very files that the development chain begins with.
  const source = await policyFromFile(join(import.meta.dirname, '../chain/seed/security/host-policy.json'));
  const plan = await planHost({ home, source, limits: LIMITS, probe: true });
  const { deviations } = await hardenHost(plan, { home });
  await rememberPolicy(home, source, LIMITS);
  if (deviations.length > 0) throw new Error(`the host policy does not hold: ${JSON.stringify(deviations)}`);
}
