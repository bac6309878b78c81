import type { Value } from './values.ts';

type Part = string | { readonly parameter: string; readonly otherwise?: string };
/** A text with places for parameters: `node/{node-name|self}`. */
export type Template = readonly Part[];

const PLACE = /\{([A-Za-z0-9_-]+)(?:\|([A-Za-z0-9._-]+))?\}/g;

export function compileTemplate(text: string): Template {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ parameter: match[1] as string, otherwise: match[2] });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** The parameters that a template can't do without. */
export function neededBy(template: Template): string[] {
  return template.flatMap((part) => (typeof part === 'string' || part.otherwise !== undefined ? [] : [part.parameter]));
}

export function parametersOf(template: Template): string[] {
  return template.flatMap((part) => (typeof part === 'string' ? [] : [part.parameter]));
}

/** Fills a template: one text for each combination of the values that a repeated parameter has, as `write` writes them. */
export function fill(
  template: Template,
  values: Readonly<Record<string, Value>>,
  write: (value: string) => string = (value) => value,
): string[] {
  let texts = [''];
  for (const part of template) {
    const choices = typeof part === 'string' ? [part] : textsOf(values[part.parameter] ?? part.otherwise).map(write);
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
  }
  return texts;
}

function textsOf(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'object' ? value : [String(value)];
}

/** A value as a part of a configuration key: what could be read as the key's own structure is written as %XX. */
export function inKey(value: string): string {
  return value.replace(/[^A-Za-z0-9._-]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
