import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { completeStage } from './brand.ts';
import { groupsFor, type LentLimits } from './cgroup.ts';
import { planControls } from './control-plans.ts';
import { groupName, type HardeningFacts, sysctlPath } from './facts.ts';
import type { FirewallDefinition } from './firewall.ts';
import { renderFirewall } from './firewall-json.ts';
import { digestOf, listingDigest } from './nft.ts';
import { absentSettings, groupChanges, sliceChange, sliceOf } from './plan-groups.ts';
import type { HardeningPlan, PlannedChange, TargetState } from './plan-types.ts';
import { type HostPolicy, meets } from './policy.ts';
import { supportOf } from './support.ts';

/** Smallest memory that a guest can boot in. */
const LEAST_MEMORY_MIB = 64;

/**
 * Compares what the policy asks for with what the host has, and gives the difference. Pure: the same input gives the same
 * plan, and a host that matches gives one without changes.
 * Throws UserError `owner-limits-invalid`; what else stands in the way is in `blockers`.
 */
export function planHardening(
  policy: HostPolicy,
  facts: HardeningFacts,
  limits: LentLimits,
  artifacts: { firewall?: FirewallDefinition; files?: ReadonlyMap<string, Uint8Array> },
  agreed: ReadonlySet<string> = new Set(),
): HardeningPlan {
  checkLimits(limits);
  const support = supportOf(policy, facts);
  const map = Object.fromEntries(support.controllers.map((name) => [name, facts.controllers[name]]));
  const groups = groupsFor(groupName(facts.instance, facts.systemd), map, limits, policy);
  const slice = facts.systemd && groups.length > 0 ? sliceOf(facts, limits, policy) : undefined;
  const document =
    support.firewall && artifacts.firewall ? renderFirewall(artifacts.firewall, facts.instance) : undefined;
  const controls = planControls(policy, facts, artifacts.files ?? new Map(), agreed);
  const unsupported = [...support.unsupported, ...absentSettings(groups, facts), ...controls.unsupported];
  const target: TargetState = {
    version: 1,
    policy: policy.digest,
    instance: facts.instance,
    groups,
    cgroupProcs: slice ? [] : groups.map((group) => join(group.directory, 'cgroup.procs')),
    partition: slice ? `/${facts.instance}` : undefined,
    slice,
    sysctls: support.sysctls.map((rule) => ({ ...rule, path: sysctlPath(facts.paths, rule.name) })),
    firewall: document && { table: facts.instance, definition: digestOf(document) },
    controls: controls.targets,
    sandbox: policy.sandbox,
    unsupported,
  };
  const changes: PlannedChange[] = [
    ...(slice ? sliceChange(slice, groups, facts) : groupChanges(groups, facts)),
    ...sysctlChanges(target, facts),
    ...(document ? firewallChange(document, target, facts) : []),
    ...controls.changes,
    ...reverts(target, controls.keeps, facts),
  ];
  const blockers = [...support.blockers, ...controls.blockers];
  return completeStage({ changes, blockers, unsupported, oneWay: controls.oneWay, target, paths: facts.paths });
}

function checkLimits({ cpuCores, memoryMiB }: LentLimits): void {
  if (cpuCores > 0 && Number.isFinite(cpuCores) && memoryMiB >= LEAST_MEMORY_MIB && Number.isFinite(memoryMiB)) return;
  throw new UserError(
    'owner-limits-invalid',
    `Lending ${cpuCores} CPU cores and ${memoryMiB} MiB of memory leaves nothing to run a guest with.`,
    { nextSteps: [`Lend more than 0 cores and at least ${LEAST_MEMORY_MIB} MiB.`] },
  );
}

function sysctlChanges(target: TargetState, facts: HardeningFacts): PlannedChange[] {
  return target.sysctls.flatMap((rule) => {
    const before = facts.sysctls[rule.name]?.value;
    if (before === undefined || meets(rule, before)) return [];
    const { name, path, value, why } = rule;
    return [
      { kind: 'sysctl' as const, what: `sysctl ${name}`, from: before, to: value, why, name, path, value, before },
    ];
  });
}

function firewallChange(
  document: ReturnType<typeof renderFirewall>,
  target: TargetState,
  facts: HardeningFacts,
): PlannedChange[] {
  const listing = facts.nft.state === 'ready' ? facts.nft.table : undefined;
  const previous = facts.previous?.firewall;
  const same =
    listing !== undefined &&
    previous?.definition === target.firewall?.definition &&
    previous?.listing === listingDigest(listing);
  if (same) return [];
  const rules = document.nftables.filter((item) => JSON.stringify(item).startsWith('{"add":{"rule"')).length;
  return [
    {
      kind: 'firewall',
      what: `nftables table inet ${facts.instance}`,
      from: listing === undefined ? 'absent' : 'another content',
      to: `${rules} rules on guest interfaces`,
      why: 'isolates guests from this host and the owner’s network',
      table: facts.instance,
      document,
      before: listing ?? null,
    },
  ];
}

/** Journalled changes that nothing in the target stands for any more. Reloads of systemd stay as long as its slice does. */
function reverts(target: TargetState, keeps: readonly string[], facts: HardeningFacts): PlannedChange[] {
  const inV2 = target.groups
    .flatMap((group) => group.controllers)
    .flatMap((name) => facts.controllers[name]?.mount ?? []);
  const wanted = new Set<string>([
    ...keeps,
    ...(target.slice
      ? [target.slice.name, target.slice.path, 'systemd']
      : target.groups.map((group) => group.directory)),
    ...(target.slice ? [] : inV2.map((mount) => join(mount, 'cgroup.subtree_control'))),
    ...target.sysctls.map((rule) => rule.path),
    ...(target.firewall ? [target.firewall.table] : []),
  ]);
  return facts.own
    .filter((change) => !wanted.has(change.target))
    .reverse()
    .map(({ id, kind, target: what }) => ({
      kind: 'revert' as const,
      what: `${kind} ${what}`,
      from: 'as an earlier policy set it',
      to: 'as it was before logos',
      why: 'the policy no longer asks for it',
      id,
    }));
}
