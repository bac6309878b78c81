import { DocumentFault, shown } from './fault.ts';
import {
  COMMAND_MODULES,
  EXPRESSION_ARGUMENTS,
  FILE_ARGUMENTS,
  NEVER_MODULES,
  REMOTE_SOURCE,
  ROLE_MODULES,
} from './playbook-keywords.ts';
import { asMap, checkCondition, checkValue, type Fields } from './playbook-values.ts';
import type { DocumentRules } from './rules.ts';

const BUILT_IN = 'ansible.builtin.';
/** Templates in their arguments could make commands, or values that Ansible before 2.19 takes for templates again. */
const PLAIN_MODULES = [...COMMAND_MODULES, 'set_fact'];
/** With these a module runs another module, programs of a directory, or what Ansible itself would tell it. */
const NEVER_ARGUMENTS = /^(?:use|fact_path|_ansible_.*|_raw_params|_uses_shell)$/i;
const PART = /^[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.ya?ml)?$/;
/** A file beside the playbook: relative, and each part begins with a letter, digit or underscore. */
const BESIDE = /^(?:\.\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;

/** Checks a task's module, which the rules must list, and its arguments; `extra`: those of `args`. Throws DocumentFault. */
export function checkModule(name: string, value: unknown, extra: Fields, where: string, rules: DocumentRules): void {
  const short = name.startsWith(BUILT_IN) ? name.slice(BUILT_IN.length) : name;
  const isListed = rules.modules.includes(short) || rules.modules.includes(`${BUILT_IN}${short}`);
  if (!isListed || NEVER_MODULES.includes(short)) {
    throw new DocumentFault('forbidden', 'this module is not allowed', where);
  }
  const given = argumentsOf(short, value, where);
  const twice = Object.keys(extra).find((key) => Object.hasOwn(given, key));
  if (twice !== undefined) throw new DocumentFault('malformed', `it has the argument ${shown(twice)} twice`, where);
  const args = { ...given, ...extra };
  const never = Object.keys(args).find((key) => NEVER_ARGUMENTS.test(key));
  if (never !== undefined) throw new DocumentFault('forbidden', `the argument ${shown(never)} is not allowed`, where);
  // Keywords for what is included, which the list of keywords would not see.
  if (/^(?:include|import)_/.test(short) && Object.hasOwn(args, 'apply'))
    throw new DocumentFault('forbidden', 'the argument "apply" is not allowed', where);
  // A command that the module would run, on a file that it made.
  if (Object.hasOwn(args, 'validate'))
    throw new DocumentFault('forbidden', 'a command to validate is not allowed', where);
  if (short === 'include_vars' && /^ansible_/i.test(String(args.name ?? '')))
    throw new DocumentFault('forbidden', `the variable ${shown(String(args.name))} is not allowed`, where);
  checkValue(args, where, PLAIN_MODULES.includes(short) ? 'none' : 'values');
  for (const key of EXPRESSION_ARGUMENTS[short] ?? []) checkCondition(args[key] ?? [], `${where}/${key}`);
  // The file would then be read otherwise than it was checked.
  const marks = Object.keys(args).find((key) => /_(?:start|end)_string$/.test(key));
  if (marks !== undefined) throw new DocumentFault('forbidden', `the argument ${shown(marks)} is not allowed`, where);
  if (ROLE_MODULES.includes(short)) checkRoleArguments(args, where, rules);
  checkFiles(short, args, where);
}

export function checkRoleName(role: unknown, where: string, rules: DocumentRules): void {
  if (typeof role === 'string' && rules.roles.includes(role)) return;
  throw new DocumentFault('forbidden', `the role ${shown(String(role))} is not allowed`, where);
}

/** Of a role, its parts are named as files of its own directories. */
function checkRoleArguments(args: Fields, where: string, rules: DocumentRules): void {
  checkRoleName(args.name, where, rules);
  for (const [key, value] of Object.entries(args)) {
    if (key.endsWith('_from') && (typeof value !== 'string' || !PART.test(value)))
      throw new DocumentFault('forbidden', `${shown(String(value))} is no part of the role`, `${where}/${key}`);
  }
}

function checkFiles(module: string, args: Fields, where: string): void {
  if (args.remote_src === true && REMOTE_SOURCE.includes(module)) return;
  for (const key of FILE_ARGUMENTS[module] ?? []) {
    const value = args[key];
    if (value === undefined) continue;
    const file = typeof value === 'string' && module === 'script' ? value.split(' ')[0] : value;
    if (typeof file !== 'string' || !BESIDE.test(file)) {
      throw new DocumentFault('forbidden', `the file ${shown(String(file))} is not beside the playbook`, where);
    }
  }
}

/** A text stands for the first argument of modules that have one; `key=value` texts are not for other modules. */
function argumentsOf(module: string, value: unknown, where: string): Fields {
  if (value === null) return {};
  if (typeof value !== 'string') return asMap(value, where);
  if (COMMAND_MODULES.includes(module)) return { cmd: value };
  if (FILE_ARGUMENTS[module]?.[0] === 'file') return { file: value };
  if (module === 'meta' && /^[a-z_]+$/.test(value)) return { action: value };
  throw new DocumentFault('forbidden', 'its arguments must be a map', where);
}
