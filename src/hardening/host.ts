import { ExitCode, UserError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { type AppliedPlan, writeApplied } from './applied.ts';
import { applyPlan } from './apply.ts';
import type { LentLimits } from './cgroup.ts';
import { vfio } from './controls/vfio.ts';
import { probeEnforcement } from './enforcement.ts';
import { readHostFacts } from './facts.ts';
import { parseFirewall } from './firewall.ts';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { recordModules } from './kernel-modules.ts';
import { HOST_PATHS, type HostPaths, instanceName } from './paths.ts';
import { planHardening } from './plan.ts';
import type { HardeningPlan } from './plan-types.ts';
import { type HostPolicy, parseHostPolicy } from './policy.ts';
import type { PolicySource } from './source.ts';
import { type Deviation, verifyPlan } from './verify.ts';

interface Deps {
  home: Home;
  exec?: Exec;
  paths?: HostPaths;
  files?: KernelFiles;
}

export interface PlanHostOptions extends Deps {
  source: PolicySource;
  limits: LentLimits;
  /** Also try whether the kernel keeps limits: about 0.2 s in groups of its own, as root. Not for a dry run. */
  probe: boolean;
  /** One-way switches that the owner agreed to, by name. */
  agreed?: readonly string[];
}

/** From a policy's bytes to this host's plan. Throws `policy-invalid`, `owner-limits-invalid`, `policy-firewall-missing`. */
export async function planHost(options: PlanHostOptions): Promise<HardeningPlan> {
  const { home, source, limits, exec = localExec, paths = HOST_PATHS, files = kernelFiles } = options;
  const policy = withDevices(parseHostPolicy(source.policy), limits);
  if (policy.firewall && !source.firewall) {
    throw new UserError('policy-firewall-missing', `The policy asks for ${policy.firewall}, which is not there.`, {
      exitCode: ExitCode.refused,
      nextSteps: ['Put host-firewall.json beside the policy file, or tell the community that the section lacks it.'],
    });
  }
  const firewall = policy.firewall && source.firewall ? parseFirewall(source.firewall) : undefined;
  const root = process.getuid?.() === 0;
  const enforcement =
    options.probe && root
      ? await probeEnforcement({
          instance: instanceName(home.root),
          paths,
          files,
          exec,
          journal: new Journal(home.journal),
        })
      : undefined;
  const mayLoad = options.probe && root;
  // Before the first question to nft, which makes the kernel load what rules need.
  if (mayLoad && firewall) await recordModules(new Journal(home.journal), instanceName(home.root), paths, files);
  const facts = await readHostFacts({ home, policy, paths, exec, files, enforcement, mayLoad });
  const agreed = new Set(options.agreed);
  return planHardening(policy, facts, limits, { firewall, files: source.artifacts }, agreed);
}

/** Which devices are lent is the owner's word alone. */
function withDevices(policy: HostPolicy, { devices = [] }: LentLimits): HostPolicy {
  if (devices.length === 0) return policy;
  const parsed = vfio.schema.safeParse({ devices });
  if (parsed.success) return { ...policy, controls: { ...policy.controls, [vfio.name]: parsed.data } };
  throw new UserError('owner-limits-invalid', `${devices.join(', ')}: not addresses of PCI devices.`, {
    nextSteps: ['Give addresses as `lspci -D` prints them, such as 0000:01:00.0.'],
  });
}

export interface HardenedHost {
  readonly applied: AppliedPlan;
  /** Empty when all of it holds. */
  readonly deviations: readonly Deviation[];
}

/** Applies a plan, keeps what was applied in the home, and checks the host against it. Throws as `applyPlan` does. */
export async function hardenHost(
  plan: HardeningPlan,
  { home, exec = localExec, ...deps }: Deps,
): Promise<HardenedHost> {
  const journal = new Journal(home.journal);
  const applied = await applyPlan(plan, { ...deps, exec, journal, save: (result) => writeApplied(home, result) });
  return { applied, deviations: await verifyPlan(applied, { ...deps, exec }) };
}
