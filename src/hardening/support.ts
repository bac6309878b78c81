import { CONTROLLERS, type Controller, type Unsupported } from './cgroup.ts';
import type { HardeningFacts } from './facts.ts';
import type { Blocker } from './plan-types.ts';
import { type HostPolicy, meets, type RequiredFeature, type SysctlRule } from './policy.ts';
import { isLocked } from './sysctl-names.ts';

/** What this host can't do, each with its reason. Pure. */
export interface Support {
  readonly unsupported: readonly Unsupported[];
  readonly blockers: readonly Blocker[];
  readonly controllers: readonly Controller[];
  readonly sysctls: readonly SysctlRule[];
  readonly firewall: boolean;
}

export function supportOf(policy: HostPolicy, facts: HardeningFacts): Support {
  const unsupported: Unsupported[] = [];
  const blockers: Blocker[] = facts.root ? [] : [ROOT_NEEDED];
  const required = new Set<RequiredFeature>(policy.require);
  const lacks = (feature: RequiredFeature, reason: string, blocker: Blocker): void => {
    // Without root most of what is missing is only out of reach: that one blocker says it all.
    if (required.has(feature) && facts.root) blockers.push(blocker);
    else unsupported.push({ feature, reason });
  };

  const controllers = CONTROLLERS.filter((controller) => {
    const reason = controllerReason(controller, facts);
    if (reason === undefined) return true;
    if (controller === 'io') unsupported.push({ feature: 'cgroup-io', reason });
    else lacks(`cgroup-${controller}`, reason, limitBlocker(controller, reason));
    // What is not enforced is set all the same, so that it holds should the kernel learn it; NGd sees the difference.
    return facts.controllers[controller]?.writable === true;
  });

  const sysctls = policy.sysctls.filter((rule) => {
    const reason = sysctlReason(rule, facts);
    if (reason === undefined) return true;
    if (facts.sysctls[rule.name]?.writable === false && !isLocked(rule.name, facts.sysctls[rule.name]?.value ?? ''))
      lacks('sysctl', `${rule.name}: ${reason}`, SYSCTL_READ_ONLY);
    else unsupported.push({ feature: `sysctl:${rule.name}`, reason });
    return false;
  });

  const firewall = policy.firewall !== undefined && facts.nft.state === 'ready';
  if (policy.firewall !== undefined && facts.nft.state !== 'ready')
    lacks('firewall', facts.nft.reason, nftBlocker(facts.nft.state, facts.nft.reason));

  unsupported.push(...securityModules(policy, facts));
  return { unsupported, blockers, controllers, sysctls, firewall };
}

function controllerReason(controller: Controller, facts: HardeningFacts): string | undefined {
  const found = facts.controllers[controller];
  if (!found) return `the kernel offers no ${controller} controller under ${facts.paths.cgroup}`;
  if (!found.writable && facts.root) return `${found.mount} is read-only`;
  const verdict = controller === 'io' ? undefined : facts.enforcement?.[controller];
  return verdict?.verdict === 'not-enforced' ? `accepted but not enforced: ${verdict.figure}` : undefined;
}

function sysctlReason(rule: SysctlRule, facts: HardeningFacts): string | undefined {
  const now = facts.sysctls[rule.name];
  if (now === undefined) return 'this kernel has no such setting';
  if (meets(rule, now.value)) return undefined;
  if (isLocked(rule.name, now.value)) return `the host holds ${now.value}, which can’t be changed before the next boot`;
  return now.writable || !facts.root ? undefined : 'it can’t be written here';
}

/** What a policy does not ask for, a host says plainly of each security module. */
function securityModules({ controls }: HostPolicy, { lsm, paths }: HardeningFacts): Unsupported[] {
  const unasked = (['apparmor', 'selinux'] as const).filter((feature) => controls[feature] === undefined);
  return unasked.map((feature) => {
    if (lsm === undefined)
      return { feature, reason: `this kernel lists no security modules (${paths.securityFs}/lsm is absent)` };
    if (!lsm.includes(feature))
      return { feature, reason: `not among this kernel’s security modules (${lsm.join(', ')})` };
    return { feature, reason: 'active on this host, but the policy asks nothing of it' };
  });
}

const ROOT_NEEDED: Blocker = {
  code: 'root-needed',
  message: 'Hardening changes the kernel’s settings, which only root may do.',
  nextSteps: ['Run the command again with sudo.'],
  exitCode: 4,
};

const SYSCTL_READ_ONLY: Blocker = {
  code: 'sysctl-read-only',
  message: 'The kernel’s settings can’t be written here.',
  nextSteps: ['Run logos on the machine itself and not in a container, or make /proc/sys writable.'],
  exitCode: 1,
};

function nftBlocker(state: 'missing' | 'unusable', reason: string): Blocker {
  if (state === 'missing')
    return {
      code: 'nft-missing',
      message: 'The program nft, which sets up the firewall, is not installed.',
      nextSteps: ['Run `logos doctor --fix`, or install the package nftables.'],
      exitCode: 1,
    };
  return {
    code: 'nft-unusable',
    message: `The firewall can't be set up: ${reason}`,
    nextSteps: ['Run `nft list ruleset` as root and put right what it says; the kernel needs nf_tables.'],
    exitCode: 1,
  };
}

function limitBlocker(controller: string, reason: string): Blocker {
  return {
    code: 'limits-not-enforced',
    message: `This host can't keep the owner's share (${controller}): ${reason}.`,
    nextSteps: [
      'Run logos on the machine itself and not in a container; the kernel needs cgroups for cpu, memory and pids.',
    ],
    exitCode: 3,
  };
}
