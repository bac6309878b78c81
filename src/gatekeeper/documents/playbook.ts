import { DocumentFault, shown } from './fault.ts';
import { BLOCK_TASKS, PLAY_KEYWORDS, PLAY_TASKS, ROLE_KEYWORDS, TASK_KEYWORDS } from './playbook-keywords.ts';
import { checkLoopedValues, loopedNames } from './playbook-loops.ts';
import { checkModule, checkRoleName } from './playbook-module.ts';
import { asList, asMap, checkKeyword, checkUser, type Fields } from './playbook-values.ts';
import type { DocumentRules } from './rules.ts';
import { parseStrictYaml } from './yaml.ts';

const MAX_BYTES = 512 * 1024;

const PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]*(?:[:,]!?&?[A-Za-z_][A-Za-z0-9_.-]*)*$/;
const LOCAL = /(?:^|[:,!&])(?:localhost|ip6-localhost|127\.|::1)/i;

/**
 * Reads a playbook of Ansible: plays on hosts of the inventory, with tasks that use modules and roles which the rules
 * list, keywords that stay on the target hosts, and templates that compute (see jinja.ts). Throws DocumentFault.
 */
export function checkPlaybook(bytes: Uint8Array, rules: DocumentRules): unknown {
  const plays = parseStrictYaml(bytes, { bytes: MAX_BYTES });
  if (!Array.isArray(plays)) throw new DocumentFault('malformed', 'a playbook is a list of plays');
  for (const [index, play] of plays.entries()) checkPlay(asMap(play, `/${index + 1}`), `/${index + 1}`, rules);
  checkLoopedValues(plays, new Set(loopedNames(plays)));
  return plays;
}

function checkPlay(play: Fields, where: string, rules: DocumentRules): void {
  const { hosts, roles, remote_user: user, strategy, become_method: method, ...rest } = play;
  const patterns = Array.isArray(hosts) ? hosts : [hosts];
  for (const pattern of patterns) {
    if (typeof pattern !== 'string' || !PATTERN.test(pattern) || LOCAL.test(pattern)) {
      throw new DocumentFault('forbidden', `the hosts ${shown(String(pattern))} are not allowed`, `${where}/hosts`);
    }
  }
  if (user !== undefined) checkUser(user, `${where}/remote_user`);
  checkOneOf(strategy, ['linear', 'free'], `${where}/strategy`);
  checkOneOf(method, ['sudo'], `${where}/become_method`);
  for (const [index, role] of asList(roles, `${where}/roles`).entries()) {
    checkRole(role, `${where}/roles[${index + 1}]`, rules);
  }
  for (const [key, value] of Object.entries(rest)) {
    if (PLAY_TASKS.includes(key)) checkTasks(value, `${where}/${key}`, rules);
    else checkKeyword(key, value, PLAY_KEYWORDS, where);
  }
}

function checkRole(entry: unknown, where: string, rules: DocumentRules): void {
  const { role, name, ...rest } = typeof entry === 'string' ? ({ role: entry } as Fields) : asMap(entry, where);
  checkRoleName(role ?? name, where, rules);
  for (const [key, value] of Object.entries(rest)) checkKeyword(key, value, ROLE_KEYWORDS, where);
}

/** Checks a list of tasks and blocks. Throws DocumentFault. */
export function checkTasks(tasks: unknown, where: string, rules: DocumentRules): void {
  for (const [index, task] of asList(tasks, where).entries()) {
    const at = `${where}[${index + 1}]`;
    const fields = asMap(task, at);
    if (Object.hasOwn(fields, 'block')) checkBlock(fields, at, rules);
    else checkTask(fields, at, rules);
  }
}

function checkBlock(block: Fields, where: string, rules: DocumentRules): void {
  for (const [key, value] of Object.entries(block)) {
    if (BLOCK_TASKS.includes(key)) checkTasks(value, `${where}/${key}`, rules);
    else checkKeyword(key, value, TASK_KEYWORDS, where);
  }
}

function checkTask(task: Fields, where: string, rules: DocumentRules): void {
  const { delegate_to: delegate, args = {}, ...rest } = task;
  if (delegate !== undefined) checkDelegate(delegate, `${where}/delegate_to`);
  const modules = Object.keys(rest).filter((key) => !Object.hasOwn(TASK_KEYWORDS, key));
  const [module, second] = modules;
  if (module === undefined) throw new DocumentFault('malformed', 'the task has no module', where);
  if (second !== undefined) throw new DocumentFault('forbidden', `${shown(second)} is not allowed in a task`, where);
  const { [module]: given, ...keywords } = rest;
  for (const [key, value] of Object.entries(keywords)) checkKeyword(key, value, TASK_KEYWORDS, where);
  checkModule(module, given, asMap(args, `${where}/args`), `${where}/${shown(module).slice(1, -1)}`, rules);
}

function checkDelegate(value: unknown, where: string): void {
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9.-]*$/.test(value) || LOCAL.test(value)) {
    throw new DocumentFault('forbidden', `${shown(String(value))} is not allowed`, where);
  }
}

function checkOneOf(value: unknown, allowed: readonly string[], where: string): void {
  if (value !== undefined && !allowed.includes(value as string)) {
    throw new DocumentFault('forbidden', `${shown(String(value))} is not allowed`, where);
  }
}
