import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type HardenedHost, hardenHost, planHost, policyFromFile } from '../src/hardening/index.ts';
import type { Home } from '../src/system/home.ts';
import type { SecurityModule } from './lsm-image.ts';

/** For scripts that run in a guest of lsm-guest.ts: the region's own policy, with one control asked for. */

const SEED = '/repository/chain/seed/security';
const FILE = '/tmp/policy/host-policy.json';

/** Puts the policy's files where `applyPolicy` reads them, as a chain would bring them. */
export function bringPolicy(control: SecurityModule): void {
  mkdirSync('/tmp/policy', { recursive: true });
  for (const name of [`host-${control}`, 'host-firewall'])
    writeFileSync(`/tmp/policy/${name}.json`, readFileSync(`${SEED}/${name}.json`));
  const seed = JSON.parse(readFileSync(`${SEED}/host-policy.json`, 'utf8'));
  writeFileSync(FILE, JSON.stringify({ ...seed, controls: { [control]: {} } }));
}

/** Plans and applies it as `logos harden` does. `changes` are those of the control. */
export async function applyPolicy(home: Home): Promise<HardenedHost & { changes: string[] }> {
  const limits = { cpuCores: 1, memoryMiB: 512 };
  const plan = await planHost({ home, source: await policyFromFile(FILE), limits, probe: false });
  const host = await hardenHost(plan, { home });
  return { ...host, changes: plan.changes.filter(({ kind }) => kind === 'control').map(({ what }) => what) };
}
