import { XMLBuilder } from 'fast-xml-parser';

/** An element of HTML or SVG, or a text, as fast-xml-parser keeps them in order. */
export type Markup = { readonly [name: string]: unknown };

/** An element. Texts and attributes are escaped when they are written. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Markup | string | undefined)[]
): Markup {
  const content = children
    .filter((child) => child !== undefined)
    .map((child) => (typeof child === 'string' ? { '#text': child } : child));
  const named = Object.entries(attributes).map(([key, value]) => [`@${key}`, String(value)]);
  return { [name]: content, ':@': Object.fromEntries(named) };
}

/** The text of a whole HTML document. */
export function documentText(html: Markup): string {
  const builder = new XMLBuilder({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    suppressEmptyNode: true,
  });
  return `<!doctype html>\n${builder.build([html])}\n`;
}
