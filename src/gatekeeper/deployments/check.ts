import { Bug } from '../../system/errors.ts';
import { checkAnsible } from './check-ansible.ts';
import { checkFiles } from './check-files.ts';
import type { CheckRules } from './check-rules.ts';
import { checkSources } from './check-sources.ts';
import { checkSteps, type ReadStep } from './check-steps.ts';
import { checkTofu } from './check-tofu.ts';
import { type Closure, isClosure } from './closure.ts';
import { DECLARATION_FILE } from './declaration.ts';
import { type Finding, Findings } from './finding.ts';
import { rulesWithin } from './roles.ts';
import { checkTarget } from './target.ts';

/** A closure that was looked through: what is wrong with it, and what its steps mean. */
export interface CheckedClosure {
  readonly closure: Closure;
  readonly findings: readonly Finding[];
  /** Those that could be read; all of them when there are no findings. */
  readonly steps: readonly ReadStep[];
}

/**
 * Checks all of a closure: its declaration's target, its commands by their reference libraries, every file that those commands
 * will read, that nothing outside of it is named, and that nothing is fetched unpinned. Runs and reads nothing besides.
 */
export function checkClosure(closure: Closure, rules: CheckRules): CheckedClosure {
  if (!isClosure(closure)) throw new Bug('Only what was packed or opened as a closure can be checked.');
  const { libraries } = rules;
  const { files: tree, declaration } = closure;
  const findings = new Findings();
  findings.attempt(DECLARATION_FILE, () => checkTarget(declaration.target));
  checkFiles(tree, declaration, findings);
  checkSources(tree, findings);
  const steps = checkSteps(tree, declaration, rules, findings);
  const ansible = libraries.forTool('ansible-playbook');
  if (ansible !== undefined) checkAnsible(tree, playbooksOf(steps), rulesWithin(tree, ansible.documents), findings);
  const tofu = libraries.forTool('tofu');
  if (tofu !== undefined) checkTofu(tree, tofu.documents, findings);
  return { closure, findings: findings.all, steps };
}

function playbooksOf(steps: readonly ReadStep[]): string[] {
  const documents = steps.flatMap(({ command, drift }) => [...command.documents, ...(drift?.documents ?? [])]);
  const paths = documents.filter(({ kind }) => kind === 'playbook').map(({ path }) => path.replace(/^\.\//, ''));
  return [...new Set(paths)];
}
