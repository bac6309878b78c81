import { join } from 'node:path';
import { absentFile, type Group, type LentLimits, shownValue, type Unsupported } from './cgroup.ts';
import { missingControllers } from './cgroup-setup.ts';
import type { HardeningFacts } from './facts.ts';
import type { PlannedChange, TargetState } from './plan-types.ts';
import type { HostPolicy } from './policy.ts';
import { holds } from './share/effect.ts';
import { renderSlice } from './slice.ts';

const OWNERS_SHARE = 'keeps the owner’s share of the machine';

type SliceUnit = NonNullable<TargetState['slice']>;

/** The unit that holds the limits under systemd. */
export function sliceOf(facts: HardeningFacts, limits: LentLimits, policy: HostPolicy): SliceUnit {
  const name = `${facts.instance}.slice`;
  return { name, path: join(facts.paths.systemdUnits, name), content: renderSlice(limits, policy) };
}

/** Writes and starts the slice, unless it is there, runs, and its group holds the limits. */
export function sliceChange(slice: SliceUnit, groups: readonly Group[], facts: HardeningFacts): PlannedChange[] {
  const before = facts.files[slice.path] ?? null;
  const running = groups.some((group) => facts.files[join(group.directory, 'cgroup.procs')] !== undefined);
  const differing = groups.flatMap((group) => differingSettings(group, facts));
  if (before === slice.content.trim() && running && differing.length === 0) return [];
  const from = before === null ? 'absent' : running ? 'another content or limits' : 'not started';
  const what = `unit ${slice.path}`;
  return [{ kind: 'slice', what, from, to: limitsIn(slice.content), why: OWNERS_SHARE, ...slice, before }];
}

function limitsIn(content: string): string {
  return content
    .split('\n')
    .filter((line) => /^[A-Z]\w*=\d/.test(line))
    .join(', ');
}

/** Makes groups of our own and sets what differs in them. */
export function groupChanges(groups: readonly Group[], facts: HardeningFacts): PlannedChange[] {
  const enable = [...missingControllers(facts.controllers, groups)].map(
    ([path, controllers]): PlannedChange => ({
      kind: 'cgroup-controllers',
      what: path,
      from: 'off',
      to: controllers.map((name) => `+${name}`).join(' '),
      why: 'lets groups below the root use these controllers',
      path,
      enable: controllers,
    }),
  );
  return [...enable, ...groups.flatMap((group) => groupChange(group, facts))];
}

/** The group's value of a file now, as it can be compared. */
function valueNow(group: Group, file: string, facts: HardeningFacts): string | undefined {
  const text = facts.files[join(group.directory, file)];
  return text === undefined ? undefined : shownValue(file, text);
}

/** What is not as the group wants it. Of a group that exists, an optional file may be missing: it is reported elsewhere. */
function differingSettings(group: Group, facts: HardeningFacts): Group['settings'] {
  const exists = facts.files[join(group.directory, 'cgroup.procs')] !== undefined;
  return group.settings.filter(({ file, value, optional }) => {
    const actual = valueNow(group, file, facts);
    return actual === undefined ? !(exists && optional) : !holds(file, value, actual);
  });
}

function groupChange(group: Group, facts: HardeningFacts): PlannedChange[] {
  const exists = facts.files[join(group.directory, 'cgroup.procs')] !== undefined;
  const now = (file: string): string | undefined => valueNow(group, file, facts);
  const differing = differingSettings(group, facts);
  if (exists && differing.length === 0) return [];
  const values = group.settings.flatMap(({ file }) => {
    const value = now(file);
    return value === undefined ? [] : [[file, value] as const];
  });
  return [
    {
      kind: 'cgroup',
      what: `cgroup ${group.directory}`,
      from: exists ? differing.map(({ file }) => `${file}=${now(file) ?? 'absent'}`).join(', ') : 'absent',
      to: differing.map(({ file, value }) => `${file}=${value}`).join(', '),
      why: OWNERS_SHARE,
      group: { ...group, settings: inWritableOrder(group.settings, now) },
      before: exists ? Object.fromEntries(values) : null,
    },
  ];
}

/** Optional files that our group turned out not to have. Before there is a group, nobody can tell. */
export function absentSettings(groups: readonly Group[], facts: HardeningFacts): Unsupported[] {
  const has = (directory: string, file: string): boolean => facts.files[join(directory, file)] !== undefined;
  return groups
    .filter(({ directory }) => has(directory, 'cgroup.procs'))
    .flatMap(({ directory, settings }) => settings.filter(({ file, optional }) => optional && !has(directory, file)))
    .map(({ file }) => absentFile(file));
}

/** v1 holds memory ≤ memory + swap at every moment: when both rise, the sum has to rise first. */
function inWritableOrder(settings: Group['settings'], now: (file: string) => string | undefined): Group['settings'] {
  const sum = 'memory.memsw.limit_in_bytes';
  const limit = settings.find(({ file }) => file === 'memory.limit_in_bytes');
  const current = now(sum);
  if (limit === undefined || current === undefined || Number(current) >= Number(limit.value)) return settings;
  return [...settings.filter(({ file }) => file === sum), ...settings.filter(({ file }) => file !== sum)];
}
