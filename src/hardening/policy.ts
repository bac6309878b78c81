import { createHash } from 'node:crypto';
import { z } from 'zod';
import { completeStage, type Stage } from './brand.ts';
import { controlsSchema } from './controls/registry.ts';
import { parseStrict } from './parse.ts';
import { sandboxSchema } from './sandbox.ts';
import { refusedSysctl } from './sysctl-names.ts';

/** What a policy can insist on. A host that lacks one of these is refused; anything else that is missing is reported. */
export const FEATURES = ['cgroup-cpu', 'cgroup-memory', 'cgroup-pids', 'firewall', 'sysctl'] as const;
export type RequiredFeature = (typeof FEATURES)[number];

const sysctlSchema = z
  .strictObject({
    name: z.string().max(120),
    value: z.string().max(48),
    /** `at-least` and `at-most` leave a host alone that is stricter already. */
    compare: z.enum(['equal', 'at-least', 'at-most']).default('equal'),
    why: z.string().min(1).max(200),
  })
  .superRefine(({ name, value, compare }, context) => {
    const reason = refusedSysctl(name, value, compare);
    if (reason) context.addIssue({ code: 'custom', message: `${name} may not be set: ${reason}` });
  });

/**
 * `host-policy` of security-section-1, version 1. CPU and memory limits are not in it: those are the owner's, and a
 * policy can neither raise nor lower them.
 *
 * - `limits`: what applies inside the lent share: `pids` (processes and threads), and the weights against the owner's
 *   own processes on cgroup v2's scale (100 is an ordinary process group).
 * - `firewall`: the key of the artefact with the rules (see firewall.ts), in the same section.
 * - `sysctls`: settings of the kernel (see sysctl-names.ts for what is allowed).
 * - `controls`: what else is asked for, each part in its control's own form (controls/registry.ts).
 * - `sandbox`: systemd directives, for each of our services (see sandbox.ts for what is allowed).
 * - `require`: features without which this host may not join.
 */
const policySchema = z
  .strictObject({
    version: z.literal(1),
    limits: z.strictObject({
      pids: z.int().min(64).max(65_536),
      cpuWeight: z.int().min(1).max(1_000),
      ioWeight: z.int().min(1).max(1_000),
    }),
    firewall: z.literal('host-firewall').optional(),
    sysctls: z.array(sysctlSchema).max(64),
    controls: controlsSchema.default({}),
    sandbox: sandboxSchema,
    require: z.array(z.enum(FEATURES)),
  })
  .superRefine(({ sysctls }, context) => {
    const names = sysctls.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) context.addIssue({ code: 'custom', path: ['sysctls'], message: `${twice} is set twice` });
  });

export type SysctlRule = z.infer<typeof sysctlSchema>;
export type HostPolicy = Stage<z.infer<typeof policySchema> & { readonly digest: string }, 'policy'>;

/** Checks a policy from the chain or a file. `digest` is the SHA-256 of its bytes, hex. Throws UserError `policy-invalid`. */
export function parseHostPolicy(bytes: Uint8Array): HostPolicy {
  const policy = parseStrict(bytes, policySchema, 'host policy');
  return completeStage({ ...policy, digest: createHash('sha256').update(bytes).digest('hex') });
}

/** Whether a host's value meets a rule. White space differs between kernels and means nothing. */
export function meets(rule: Pick<SysctlRule, 'value' | 'compare'>, actual: string): boolean {
  if (rule.compare === 'at-least') return Number(actual) >= Number(rule.value);
  if (rule.compare === 'at-most') return Number(actual) <= Number(rule.value);
  return actual.split(/\s+/).join(' ') === rule.value;
}
