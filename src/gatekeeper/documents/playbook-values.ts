import { DocumentFault, shown } from './fault.ts';
import { checkExpression, checkTemplate, isTemplate } from './jinja.ts';
import { ENVIRONMENT, type Keyword } from './playbook-keywords.ts';

export type Fields = Record<string, unknown>;

/** Ansible's own variables say how hosts are reached and by which programs. */
const OWN_VARIABLE = /^ansible_/i;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
/** A variable to loop over: `{{ name }}`, or `{{ name | default([]) }}`. */
export const LOOPED = /^\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|\s*default\(\s*\[\s*\]\s*\)\s*)?\}\}$/;
const WORDS = /^[\w .:,/@()'+-]{1,200}$/;

const CHECKS: Readonly<Record<Keyword, (value: unknown, where: string) => void>> = {
  value: (value, where) => checkValue(value, where, 'values'),
  names: checkNames,
  user: checkUser,
  condition: checkCondition,
  environment: checkEnvironment,
  loop: checkLoop,
};

/** Checks the value of a keyword, which must be one of `known`. Throws DocumentFault. */
export function checkKeyword(
  key: string,
  value: unknown,
  known: Readonly<Record<string, Keyword>>,
  where: string,
): void {
  const at = `${where}/${shown(key).slice(1, -1)}`;
  const kind = Object.hasOwn(known, key) ? known[key] : undefined;
  if (kind === undefined) throw new DocumentFault('forbidden', 'this keyword is not allowed', at);
  CHECKS[kind](value, at);
}

/** `none`: without templates; `values`: with templates of the playbook's own variables; `facts`: of hosts' too. */
type Templates = 'none' | 'values' | 'facts';

/** Checks the templates in a value and the names of its variables. Throws DocumentFault. */
export function checkValue(value: unknown, where: string, templates: Templates): void {
  if (typeof value === 'string') {
    if (!isTemplate(value)) return;
    if (templates === 'none')
      throw new DocumentFault('forbidden', `a template (${shown(value)}) is not allowed`, where);
    checkTemplate(value, where, { facts: templates === 'facts' });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkValue(item, `${where}[${index + 1}]`, templates);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const at = `${where}/${shown(key).slice(1, -1)}`;
      if (OWN_VARIABLE.test(key) || isTemplate(key))
        throw new DocumentFault('forbidden', 'this name is not allowed', at);
      checkValue(item, at, templates);
    }
  }
}

/** Conditions are expressions without braces, about which a host's facts may have a say. Throws DocumentFault. */
export function checkCondition(value: unknown, where: string): void {
  for (const it of Array.isArray(value) ? value : [value]) {
    if (typeof it === 'boolean') continue;
    if (typeof it !== 'string') throw new DocumentFault('malformed', 'a condition is a text', where);
    checkExpression(it, where, { facts: true });
  }
}

/** Ansible before 2.19 takes items for templates once more: they are plain, or those of a variable. */
function checkLoop(value: unknown, where: string): void {
  if (typeof value === 'string' && LOOPED.test(value)) checkValue(value, where, 'values');
  else checkValue(value, where, 'none');
}

function checkNames(value: unknown, where: string): void {
  for (const it of Array.isArray(value) ? value : [value]) {
    if (typeof it !== 'string' || !WORDS.test(it) || OWN_VARIABLE.test(it)) {
      throw new DocumentFault('forbidden', `${shown(String(it))} is not allowed`, where);
    }
  }
}

export function checkUser(value: unknown, where: string): void {
  if (typeof value !== 'string' || !USER.test(value)) {
    throw new DocumentFault('forbidden', `the user ${shown(String(value))} is not allowed`, where);
  }
}

function checkEnvironment(value: unknown, where: string): void {
  for (const [name, it] of Object.entries(asMap(value, where))) {
    if (!ENVIRONMENT.includes(name)) throw new DocumentFault('forbidden', `${shown(name)} is not allowed`, where);
    checkValue(it, `${where}/${name}`, 'none');
  }
}

/** Throws DocumentFault `malformed` for what is no map. */
export function asMap(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DocumentFault('malformed', 'it is no map', where);
  }
  return value as Fields;
}

/** Throws DocumentFault `malformed` for what is neither a list nor absent. */
export function asList(value: unknown, where: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DocumentFault('malformed', 'it is no list', where);
  return value;
}
