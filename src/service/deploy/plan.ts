import type { DeploymentProposal, VerifiedChain } from '../../chain/index.ts';
import { openArtifacts } from '../../chain/index.ts';
import {
  type Closure,
  type ClosureDifference,
  checkClosure,
  compareClosures,
  describeFinding,
  type Finding,
  fetchClosure,
  findingsOf,
  packClosure,
  refuseVersion,
} from '../../gatekeeper/index.ts';
import type { Home } from '../../system/home.ts';
import { readConfig } from '../config.ts';
import { readDirectory } from './directory.ts';
import { type DeployRules, deployRules } from './rules.ts';

/** What a directory would deploy, and what is wrong with it. */
export interface DeployPlan {
  /** Absent where the directory can't even be packed. */
  readonly closure?: Closure;
  readonly findings: readonly Finding[];
  readonly rules: DeployRules['from'];
  /** What the target has on chain; absent when no chain was asked, or it has nothing. */
  readonly current?: DeploymentProposal;
  readonly difference?: ClosureDifference;
}

/**
 * Packs a directory and looks at all of it; with a chain, also at what the target has there. Changes nothing, and gives the
 * same closure for the same files. Throws what reading the directory and the chain throws.
 */
export async function planDeployment(home: Home, directory: string, chain?: VerifiedChain): Promise<DeployPlan> {
  const rules = await deployRules(home, chain);
  const files = await readDirectory(directory);
  const packed = findingsOf('deployment.yaml', () => packClosure(files));
  if (packed.value === undefined) return { findings: packed.findings, rules: rules.from };
  const closure = packed.value;
  const checked = checkClosure(closure, rules).findings;
  if (chain === undefined) {
    return { closure, findings: checked, rules: rules.from, difference: compareClosures(undefined, closure) };
  }
  const current = await (await chain.deployments()).current(closure.declaration.target);
  const { artifactMirrors } = await readConfig(home);
  const store = openArtifacts(home.artifacts, { mirrors: artifactMirrors });
  const before = current === undefined ? undefined : await fetchClosure(store, current);
  // The same closure again is no new version of itself.
  const isSame = before?.digest === closure.digest;
  const version = isSame ? undefined : refuseVersion(closure.declaration, before?.declaration);
  return {
    closure,
    findings: version === undefined ? checked : [version, ...checked],
    rules: rules.from,
    ...(current === undefined ? {} : { current }),
    difference: compareClosures(before, closure),
  };
}

/** A plan as people read it. */
export function planText({ closure, findings, rules, current, difference }: DeployPlan): string {
  const lines: string[] = [];
  if (closure !== undefined) {
    const { name, version, target } = closure.declaration;
    lines.push(`${name} ${version} for ${target}`);
    lines.push(`closure ${closure.digest}  ${closure.archive.length} bytes, ${closure.files.size} files`);
    lines.push(current === undefined ? 'replaces nothing' : `replaces ${current.change.closure}`);
  }
  if (difference !== undefined) {
    const { added, changed, removed, steps } = difference;
    for (const [sign, paths] of [
      ['+', added],
      ['~', changed],
      ['-', removed],
    ] as const)
      for (const path of paths) lines.push(`  ${sign} ${path}`);
    for (const [sign, names] of [
      ['+', steps.added],
      ['~', steps.changed],
      ['-', steps.removed],
    ] as const)
      for (const step of names) lines.push(`  ${sign} step ${step}`);
  }
  if (findings.length === 0) return [...lines, `Nothing is wrong with it, by ${rules} rules.`].join('\n');
  lines.push(`${findings.length} ${findings.length === 1 ? 'thing is' : 'things are'} wrong, by ${rules} rules:`);
  return [...lines, ...findings.map((finding) => `  ${describeFinding(finding)}`)].join('\n');
}
