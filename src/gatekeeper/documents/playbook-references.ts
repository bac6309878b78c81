import { FILE_ARGUMENTS, REMOTE_SOURCE, ROLE_MODULES, TASK_KEYWORDS } from './playbook-keywords.ts';
import type { Fields } from './playbook-values.ts';

/** Something else that tasks name: a role, or a file of the kind that its module reads. */
export interface Reference {
  readonly kind: 'role' | 'tasks' | 'variables' | 'template' | 'file';
  readonly name: string;
}

const KINDS: Readonly<Record<string, Reference['kind']>> = {
  import_tasks: 'tasks',
  include_tasks: 'tasks',
  include_vars: 'variables',
  template: 'template',
};
const HOLDS_TASKS = ['block', 'rescue', 'always', 'pre_tasks', 'tasks', 'post_tasks', 'handlers'];

/** What a list of plays or tasks names, which has passed its check. */
export function referencesOf(list: unknown): Reference[] {
  return asArray(list).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const fields = entry as Fields;
    const inside = HOLDS_TASKS.flatMap((key) => referencesOf(fields[key]));
    const roles = asArray(fields.roles).flatMap((role) => roleReference(typeof role === 'string' ? { role } : role));
    const isTask = !('hosts' in fields) && !('block' in fields);
    return [...inside, ...roles, ...(isTask ? moduleReferences(fields) : [])];
  });
}

function moduleReferences(task: Fields): Reference[] {
  const isModule = (key: string) => !Object.hasOwn(TASK_KEYWORDS, key) && key !== 'args' && key !== 'delegate_to';
  const module = Object.keys(task).find(isModule);
  if (module === undefined) return [];
  const short = module.replace(/^ansible\.builtin\./, '');
  const given = task[module];
  const args = {
    ...(typeof given === 'string' ? { [textArgument(short)]: given } : (given as Fields | null)),
    ...(task.args as Fields),
  };
  if (ROLE_MODULES.includes(short)) return roleReference(args);
  if (short === 'fetch' || (args.remote_src === true && REMOTE_SOURCE.includes(short))) return [];
  return (FILE_ARGUMENTS[short] ?? []).flatMap((key) => {
    const value = args[key];
    if (typeof value !== 'string') return [];
    const name = short === 'script' ? (value.split(' ')[0] ?? '') : value;
    return [{ kind: KINDS[short] ?? 'file', name: name.replace(/^\.\//, '') }];
  });
}

/** The argument that a text alone stands for. */
function textArgument(module: string): string {
  return FILE_ARGUMENTS[module]?.[0] ?? 'cmd';
}

function roleReference(role: unknown): Reference[] {
  const { role: named, name = named } = (role ?? {}) as Fields;
  return typeof name === 'string' ? [{ kind: 'role', name }] : [];
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
