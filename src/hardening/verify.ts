import { join } from 'node:path';
import { type Exec, localExec } from '../system/exec.ts';
import type { Journal } from '../system/journal.ts';
import type { AppliedPlan } from './applied.ts';
import { shownValue } from './cgroup.ts';
import { checkControls } from './control-checks.ts';
import { probeEnforcement } from './enforcement.ts';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { listingDigest, readNft } from './nft.ts';
import { HOST_PATHS, type HostPaths } from './paths.ts';
import { meets } from './policy.ts';
import { holds } from './share/effect.ts';
import { isLocked } from './sysctl-names.ts';

/** One thing on this host that is no longer as the policy set it. */
export interface Deviation {
  readonly code:
    | 'sysctl-changed'
    | 'cgroup-missing'
    | 'cgroup-limit-changed'
    | 'limit-not-enforced'
    | 'firewall-missing'
    | 'firewall-changed'
    | 'unit-changed'
    | 'control-not-held';
  /** Name of the sysctl, path of the file or group, name of the table, controller, or name of the control. */
  readonly target: string;
  readonly expected: string;
  readonly actual: string;
}

export interface VerifyDeps {
  exec?: Exec;
  paths?: HostPaths;
  files?: KernelFiles;
  /** Given: also tries to break the limits in a small group of its own (about 0.2 s), which this journal records. */
  probe?: Journal;
}

/** Compares the host with what was applied, and changes nothing. An empty list means that all of it holds. */
export async function verifyPlan(applied: AppliedPlan, deps: VerifyDeps = {}): Promise<Deviation[]> {
  const { exec = localExec, paths = HOST_PATHS, files = kernelFiles } = deps;
  const found = await Promise.all([
    sysctlDeviations(applied, files),
    groupDeviations(applied, files),
    firewallDeviations(applied, exec),
    sliceDeviations(applied, files),
    controlDeviations(applied, { exec, paths, files }),
    deps.probe ? unenforced(applied, { exec, paths, files, journal: deps.probe }) : [],
  ]);
  return found.flat();
}

async function sysctlDeviations({ sysctls }: AppliedPlan, files: KernelFiles): Promise<Deviation[]> {
  const found = await Promise.all(
    sysctls.map(async (rule): Promise<Deviation[]> => {
      const actual = await files.read(rule.path);
      // What a one-way switch has locked since is stricter still.
      if (actual !== undefined && (meets(rule, actual) || isLocked(rule.name, actual))) return [];
      return [{ code: 'sysctl-changed', target: rule.name, expected: rule.value, actual: actual ?? 'absent' }];
    }),
  );
  return found.flat();
}

async function groupDeviations({ groups, unsupported }: AppliedPlan, files: KernelFiles): Promise<Deviation[]> {
  const absent = new Set(unsupported.map(({ feature }) => feature));
  const deviations: Deviation[] = [];
  for (const { directory, settings } of groups) {
    if (!(await files.isDirectory(directory))) {
      deviations.push({ code: 'cgroup-missing', target: directory, expected: 'present', actual: 'absent' });
      continue;
    }
    for (const { file, value } of settings.filter((setting) => !absent.has(`cgroup:${setting.file}`))) {
      const target = join(directory, file);
      const text = await files.read(target);
      const actual = text === undefined ? 'absent' : shownValue(file, text);
      if (!holds(file, value, actual))
        deviations.push({ code: 'cgroup-limit-changed', target, expected: value, actual });
    }
  }
  return deviations;
}

async function firewallDeviations({ firewall }: AppliedPlan, exec: Exec): Promise<Deviation[]> {
  if (!firewall) return [];
  const target = firewall.table;
  const nft = await readNft(exec, target);
  if (nft.state !== 'ready') return [{ code: 'firewall-missing', target, expected: 'present', actual: nft.reason }];
  if (!nft.table) return [{ code: 'firewall-missing', target, expected: 'present', actual: 'absent' }];
  const actual = listingDigest(nft.table);
  return actual === firewall.listing ? [] : [{ code: 'firewall-changed', target, expected: firewall.listing, actual }];
}

async function sliceDeviations({ slice }: AppliedPlan, files: KernelFiles): Promise<Deviation[]> {
  if (!slice) return [];
  const actual = await files.read(slice.path);
  if (actual === slice.content.trim()) return [];
  return [{ code: 'unit-changed', target: slice.path, expected: slice.content, actual: actual ?? 'absent' }];
}

async function controlDeviations(
  applied: AppliedPlan,
  deps: { exec: Exec; paths: HostPaths; files: KernelFiles },
): Promise<Deviation[]> {
  const verdicts = await checkControls(applied, deps);
  return verdicts.flatMap(({ control, verdict }) => {
    if (verdict.state !== 'not-held') return [];
    return [{ code: 'control-not-held' as const, target: control, expected: verdict.expected, actual: verdict.actual }];
  });
}

async function unenforced(
  applied: AppliedPlan,
  deps: { exec: Exec; paths: HostPaths; files: KernelFiles; journal: Journal },
): Promise<Deviation[]> {
  const used = new Set(applied.groups.flatMap((group) => group.controllers));
  const verdicts = Object.entries(await probeEnforcement({ ...deps, instance: applied.instance }));
  return verdicts
    .filter(([controller, { verdict }]) => used.has(controller as 'cpu') && verdict === 'not-enforced')
    .map(([target, { figure }]) => ({ code: 'limit-not-enforced', target, expected: 'enforced', actual: figure }));
}
