import { DocumentFault, shown } from './fault.ts';

/** Says which scalars are allowed at a place: one of a list, a text of a form, or any boolean or whole number. */
export type DataRule = readonly (string | number | boolean)[] | RegExp | 'boolean' | 'count';

/** Rules by path, such as `nodeRegistration/taints[]/key`; a map or list needs none of its own. */
export type DataTable = Readonly<Record<string, DataRule>>;

/** Checks JSON data against a table: what has no path in it is refused. Throws DocumentFault `forbidden`. */
export function checkData(value: unknown, table: DataTable, where: string): void {
  const inner = new Set<string>();
  for (const path of Object.keys(table)) {
    for (const match of path.matchAll(/\/|\[\]/g))
      inner.add(path.slice(0, match.index)).add(path.slice(0, match.index + match[0].length));
  }
  check(value, '', where, table, inner);
}

function check(value: unknown, path: string, where: string, table: DataTable, inner: ReadonlySet<string>): void {
  const below = (path: string, item: unknown, at: string, what: string): void => {
    if (!inner.has(path) && !Object.hasOwn(table, path)) throw notAllowed(what, at);
    check(item, path, at, table, inner);
  };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) below(`${path}[]`, item, `${where}[${index + 1}]`, 'a list');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      // It would be read as a path.
      if (/[/[\]]/.test(key)) throw notAllowed(`the key ${shown(key)}`, where);
      below(path === '' ? key : `${path}/${key}`, item, `${where}/${shown(key).slice(1, -1)}`, 'this key');
    }
  } else if (!Object.hasOwn(table, path) || !allows(table[path], value)) {
    throw notAllowed(shown(String(value)), where);
  }
}

function notAllowed(what: string, where: string): DocumentFault {
  return new DocumentFault('forbidden', `${what} is not allowed`, where);
}

function allows(rule: DataRule | undefined, value: unknown): boolean {
  if (rule === undefined) return false;
  if (rule === 'boolean') return typeof value === 'boolean';
  if (rule === 'count') return Number.isSafeInteger(value) && (value as number) >= 0;
  if (rule instanceof RegExp) return typeof value === 'string' && rule.test(value);
  return rule.includes(value as string);
}
