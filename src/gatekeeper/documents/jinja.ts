import { DocumentFault, shown } from './fault.ts';

/** Filters that compute from their input alone. */
const FILTERS = [
  'abs',
  'bool',
  'capitalize',
  'default',
  'first',
  'float',
  'int',
  'join',
  'last',
  'length',
  'list',
  'lower',
  'quote',
  'replace',
  'round',
  'sort',
  'string',
  'to_json',
  'trim',
  'unique',
  'upper',
];
/** Names that are no variables: operators and values; a bracket after an operator groups. */
const OPERATORS = ['and', 'or', 'not', 'in', 'is', 'if', 'else'];
/** What an expression may be made of; a dot only before a name. */
const TOKEN = /\s+|'[^'\\\n]*'|"[^"\\\n]*"|[0-9]+(?:\.[0-9]+)?|\.?[A-Za-z_][A-Za-z0-9_]*|==|!=|<=|>=|[-+<>()[\],|]/y;
const NAME = /^\.?([A-Za-z_][A-Za-z0-9_]*)$/;
/** Values that another host gave: its facts, and what a task printed there is for `register` to hold. */
const HOST_FACTS = /^(?:ansible_.*|hostvars|vars|groups|group_names|play_hosts)$/;
const MAX_LENGTH = 1_024;

/**
 * Checks an expression of Jinja: variables, comparisons, and a few filters. No calls, so no `lookup`, `query` and
 * `pipe`; no names with two underscores, by which expressions climb to Python's own. Throws DocumentFault.
 * `facts`: whether it may look at what a host says of itself, which a hostile host chooses.
 */
export function checkExpression(expression: string, where: string, options: { facts: boolean }): void {
  const refuse = (what: string): never => {
    throw new DocumentFault('forbidden', `${what} in the expression ${shown(expression)} is not allowed`, where);
  };
  if (expression.length > MAX_LENGTH) refuse('so much');
  let before = '';
  for (let at = 0; at < expression.length; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(expression)?.[0] ?? refuse(shown(expression.charAt(at)));
    at += token.length;
    if (token.trim() === '') continue;
    const wrong = wrongToken(token, before, options.facts);
    if (wrong !== undefined) refuse(wrong);
    before = token;
  }
}

function wrongToken(token: string, before: string, facts: boolean): string | undefined {
  const name = NAME.exec(token)?.[1];
  if (before === '|') return name !== undefined && FILTERS.includes(name) ? undefined : `the filter ${shown(token)}`;
  const called = NAME.exec(before)?.[1];
  if (token === '(' && called !== undefined && !OPERATORS.includes(called) && !FILTERS.includes(called)) {
    return `the call of ${shown(called)}`;
  }
  // (lookup)('pipe', 'id'), [lookup][0]('pipe', 'id'), x['format']('a').
  if (token === '(' && /[)\]'"]$/.test(before)) return 'a call';
  // ['__class__'] is another way to write .__class__.
  if (token.includes('__')) return shown(token);
  if (name !== undefined && !facts && HOST_FACTS.test(name)) return `${shown(name)}, which a host says of itself,`;
  return undefined;
}

const BRACES = /\{\{(.*?)\}\}/gs;

/** Whether Jinja would do anything with the text. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

/** Checks each `{{ … }}` of a text; statements and comments of Jinja are refused. Throws DocumentFault. */
export function checkTemplate(text: string, where: string, options: { facts: boolean }): void {
  const rest = text.replace(BRACES, (_, expression: string) => {
    checkExpression(expression, where, options);
    return '';
  });
  if (isTemplate(rest)) throw new DocumentFault('forbidden', `the template ${shown(text)} is not allowed`, where);
}
