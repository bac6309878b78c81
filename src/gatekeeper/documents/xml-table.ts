import { DocumentFault, shown } from './fault.ts';
import type { DocumentRules } from './rules.ts';
import type { XmlElement } from './xml.ts';

/** Says whether a value is allowed. A list: one of it. */
export type XmlValue = readonly string[] | RegExp | ((value: string, rules: DocumentRules) => boolean);

/** What an element may hold. Attributes, text and repetition that aren't named are refused. */
export interface XmlRule {
  readonly attributes?: Readonly<Record<string, XmlValue>>;
  /** Attributes that must be there. */
  readonly required?: readonly string[];
  readonly text?: XmlValue;
  /** It may come more than once in its parent. */
  readonly many?: boolean;
  readonly namespace?: string;
}

/** Rules by the path of an element, such as `domain/devices/disk`. A path that isn't here is refused. */
export type XmlTable = Readonly<Record<string, XmlRule>>;

/** Checks an element and all in it against a table. Throws DocumentFault `forbidden` with the path of what is wrong. */
export function checkElements(root: XmlElement, table: XmlTable, rules: DocumentRules): void {
  checkElement(root, root.name, `/${printableName(root.name)}`, table, rules);
}

function checkElement(element: XmlElement, path: string, where: string, table: XmlTable, rules: DocumentRules): void {
  const rule = Object.hasOwn(table, path) ? table[path] : undefined;
  if (rule === undefined) throw new DocumentFault('forbidden', 'this element is not allowed', where);
  if (element.namespace !== (rule.namespace ?? '')) {
    throw new DocumentFault('forbidden', `the namespace ${shown(element.namespace)} is not allowed`, where);
  }
  checkAttributes(element, rule, where, rules);
  if (element.text !== '' && !allows(rule.text, element.text, rules)) {
    throw new DocumentFault('forbidden', `${shown(element.text)} is not allowed`, where);
  }
  if (rule.text !== undefined && element.text === '') throw new DocumentFault('malformed', 'it has no text', where);
  checkChildren(element, path, where, table, rules);
}

function checkAttributes(element: XmlElement, rule: XmlRule, where: string, rules: DocumentRules): void {
  for (const [name, value] of element.attributes) {
    const known = rule.attributes && Object.hasOwn(rule.attributes, name) ? rule.attributes[name] : undefined;
    const at = `${where}/@${printableName(name)}`;
    if (known === undefined) throw new DocumentFault('forbidden', 'this attribute is not allowed', at);
    if (!allows(known, value, rules)) throw new DocumentFault('forbidden', `${shown(value)} is not allowed`, at);
  }
  for (const name of rule.required ?? []) {
    if (!element.attributes.has(name)) throw new DocumentFault('malformed', `it has no attribute ${name}`, where);
  }
}

function checkChildren(element: XmlElement, path: string, where: string, table: XmlTable, rules: DocumentRules): void {
  const seen = new Map<string, number>();
  for (const child of element.children) {
    const count = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, count);
    const below = `${path}/${child.name}`;
    const at = `${where}/${printableName(child.name)}${count > 1 ? `[${count}]` : ''}`;
    if (count > 1 && Object.hasOwn(table, below) && !table[below]?.many) {
      throw new DocumentFault('malformed', 'it comes twice', at);
    }
    checkElement(child, below, at, table, rules);
  }
}

function allows(rule: XmlValue | undefined, value: string, rules: DocumentRules): boolean {
  if (rule === undefined) return false;
  if (rule instanceof RegExp) return rule.test(value);
  return typeof rule === 'function' ? rule(value, rules) : rule.includes(value);
}

const printableName = (name: string): string => shown(name).slice(1, -1);
