// Puts the region's host policy on the host that it runs on, as `logos provide` does, or takes it away.
//
//   node lab/harden-host.mjs apply|restore LOGOS_HOME

import { join } from 'node:path';
import { HOST_PATHS, hardenHost, planHost, policyFromFile, restoreHost } from '../src/hardening/index.ts';
import { rememberPolicy } from '../src/service/policy.ts';
import { localExec } from '../src/system/exec.ts';
import { homeFrom } from '../src/system/home.ts';

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
