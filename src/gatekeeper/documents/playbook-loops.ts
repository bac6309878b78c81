import { DocumentFault, shown } from './fault.ts';
import { isTemplate } from './jinja.ts';
import { LOOPED } from './playbook-values.ts';

/** Names of the variables that tasks loop over, at any depth. */
export function loopedNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(loopedNames);
  const { loop } = value as { loop?: unknown };
  const [, name] = (typeof loop === 'string' ? LOOPED.exec(loop) : null) ?? [];
  return name === undefined ? inside : [name, ...inside];
}

/**
 * Checks that nothing gives one of the variables a value with a template: Ansible before 2.19 would take what comes of it, as an
 * item of a loop, for a template again. Throws DocumentFault.
 */
export function checkLoopedValues(value: unknown, names: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null || names.size === 0) return;
  for (const [key, it] of Object.entries(value)) {
    if (names.has(key) && !Array.isArray(value) && hasTemplate(it))
      throw new DocumentFault('forbidden', `${shown(key)} is looped over, and its value has a template`);
    checkLoopedValues(it, names);
  }
}

function hasTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTemplate);
}
