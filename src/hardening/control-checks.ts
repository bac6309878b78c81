import type { Exec } from '../system/exec.ts';
import type { AppliedPlan } from './applied.ts';
import { CORE_CONTROLS } from './controls/core.ts';
import { CONTROLS } from './controls/registry.ts';
import type { ControlVerdict } from './controls/types.ts';
import type { KernelFiles } from './kernel-files.ts';
import type { HostPaths } from './paths.ts';
import type { Deviation } from './verify.ts';

interface Deps {
  readonly exec: Exec;
  readonly files: KernelFiles;
  readonly paths: HostPaths;
}

/** Looks at the host for each control that was applied, and gives its verdict. */
export async function checkControls(
  { controls, instance }: AppliedPlan,
  deps: Deps,
): Promise<{ control: string; verdict: ControlVerdict }[]> {
  const applied = CONTROLS.filter(({ name }) => controls[name] !== undefined);
  return Promise.all(
    applied.map(async ({ name, target: schema, look, check }) => {
      const target = schema.parse(controls[name]);
      return { control: name, verdict: check(target, await look({ ...deps, instance }, { target })) };
    }),
  );
}

/** One control, for people and for `--json`. */
export interface ControlReport {
  readonly control: string;
  /** `not-asked`: the policy does not ask for it. `reported`: only looked at. */
  readonly state: ControlVerdict['state'] | 'not-asked';
  readonly detail: string;
}

/** What holds, control by control, and what does not; every control there is has its line. */
export async function reportControls(
  applied: AppliedPlan,
  deviations: readonly Deviation[],
  deps: Deps,
): Promise<ControlReport[]> {
  const verdicts = new Map((await checkControls(applied, deps)).map(({ control, verdict }) => [control, verdict]));
  const core = CORE_CONTROLS.map(({ name: control, codes, features }): ControlReport => {
    const wrong = deviations.filter(({ code }) => codes.includes(code));
    if (wrong.length > 0) return { control, state: 'not-held', detail: wrong.map(inWords).join('; ') };
    const missing = applied.unsupported.filter(({ feature }) => features.some((prefix) => feature.startsWith(prefix)));
    const detail = missing.map(({ feature, reason }) => `${feature}: ${reason}`).join('; ');
    return missing.length > 0 && nothingOf(control, applied)
      ? { control, state: 'unsupported', detail }
      : { control, state: 'held', detail };
  });
  const others = CONTROLS.map(({ name: control }): ControlReport => {
    const verdict = verdicts.get(control);
    if (verdict?.state === 'not-held') return { control, state: 'not-held', detail: inWords(verdict) };
    if (verdict) return { control, ...verdict };
    const lacks = applied.unsupported.find(({ feature }) => feature === `control:${control}`);
    if (lacks) return { control, state: 'unsupported', detail: lacks.reason };
    return { control, state: 'not-asked', detail: 'the policy does not ask for it' };
  });
  return [...core, ...others];
}

function nothingOf(control: string, { groups, firewall, sysctls }: AppliedPlan): boolean {
  if (control === 'limits') return groups.length === 0;
  return control === 'firewall' ? firewall === undefined : sysctls.length === 0;
}

function inWords({ expected, actual, target }: { expected: string; actual: string; target?: string }): string {
  return `${target === undefined ? '' : `${target}: `}expected ${expected}, found ${actual}`;
}
