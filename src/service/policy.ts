import { z } from 'zod';
import { renewEntry } from '../guard/index.ts';
import {
  appliedFile,
  type HardenedHost,
  hardenHost,
  type LentLimits,
  type PolicySource,
  planHost,
} from '../hardening/index.ts';
import { bootId } from '../system/boot.ts';
import { sha256Hex } from '../system/canonical.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { loadTopic, saveTopic } from './state.ts';

const TOPIC = 'policy';

const schema = z.object({
  boot: z.string(),
  policy: z.base64(),
  firewall: z.base64().optional(),
  artifacts: z.record(z.string(), z.base64()).default({}),
  limits: z.object({ cpuCores: z.number(), memoryMiB: z.number(), devices: z.array(z.string()).optional() }),
});

/** SHA-256 of what was applied, in hexadecimal; `undefined` on a host that was not hardened by `logos provide`. */
export async function appliedDigests(home: Home): Promise<{ policy: string; firewall?: string } | undefined> {
  const kept = await loadTopic(home, TOPIC, schema);
  if (kept === undefined) return undefined;
  const digest = (text: string): string => sha256Hex(Buffer.from(text, 'base64'));
  return { policy: digest(kept.policy), firewall: kept.firewall === undefined ? undefined : digest(kept.firewall) };
}

/** Whether the host policy was applied since the machine was started, or never is: before that nothing can be as it says. */
export async function isAppliedThisBoot(home: Home): Promise<boolean> {
  const kept = await loadTopic(home, TOPIC, schema);
  return kept === undefined || kept.boot === (await bootId());
}

/** Keeps what was applied, and on which boot: the kernel forgets tables, groups and settings when it is started anew. */
export async function rememberPolicy(home: Home, source: PolicySource, limits: LentLimits): Promise<void> {
  await saveTopic(home, TOPIC, {
    boot: await bootId(),
    policy: Buffer.from(source.policy).toString('base64'),
    firewall: source.firewall && Buffer.from(source.firewall).toString('base64'),
    artifacts: Object.fromEntries(
      [...(source.artifacts ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
    ),
    limits: { cpuCores: limits.cpuCores, memoryMiB: limits.memoryMiB, devices: limits.devices && [...limits.devices] },
  } satisfies z.input<typeof schema>);
}

/**
 * Applies the host policy again when the machine was started anew since; on the same boot it changes nothing, because a
 * missing rule is then a deviation for the integrity daemon to find. Gives what was applied, if anything. Throws as
 * `hardenHost` does, and UserError `policy-deviation` when something does not hold right after it was applied.
 */
export async function reapplyAfterReboot(home: Home, exec: Exec, boot?: string): Promise<HardenedHost | undefined> {
  const kept = await loadTopic(home, TOPIC, schema);
  if (kept === undefined || kept.boot === (boot ?? (await bootId()))) return undefined;
  const source: PolicySource = {
    policy: Buffer.from(kept.policy, 'base64'),
    firewall: kept.firewall === undefined ? undefined : Buffer.from(kept.firewall, 'base64'),
    artifacts: new Map(Object.entries(kept.artifacts).map(([key, text]) => [key, Buffer.from(text, 'base64')])),
  };
  const plan = await planHost({ home, source, limits: kept.limits, probe: true, exec });
  const hardened = await hardenHost(plan, { home, exec });
  const [first] = hardened.deviations;
  if (first) {
    throw new UserError('policy-deviation', `${first.target} is not as the policy wants it: ${first.actual}.`, {
      exitCode: ExitCode.refused,
      nextSteps: ['See which program changes it with `logos harden verify`.'],
    });
  }
  // Another kernel or another nft says the same in other words, which is no work of a stranger's. NGd waits for the memory.
  await renewEntry(home, appliedFile(home));
  await rememberPolicy(home, source, kept.limits);
  return hardened;
}
