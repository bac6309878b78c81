import { DocumentFault, shown } from './fault.ts';
import { checkExpression } from './jinja.ts';
import { decodeText, lineAt } from './text.ts';

const MAX_BYTES = 1024 * 1024;
/** An expression, a statement, or a comment, whichever begins first. */
const PARTS = /\{\{(.*?)\}\}|\{%(.*?)%\}|\{#.*?#\}/gs;
const OPENING = /\{[{%#]/;
const STATEMENT =
  /^[-+]?\s*(?:(?:if|elif)\s+(.+?)|for\s+[A-Za-z][A-Za-z0-9_]*(?:\s*,\s*[A-Za-z][A-Za-z0-9_]*)?\s+in\s+(.+?)|else|endif|endfor)\s*[-+]?$/s;

/**
 * Checks a file that Ansible's module `template` fills in: expressions as playbooks have them, `if`, `for` and comments. What
 * loads other files, defines, calls or changes how the file is read is refused. Throws DocumentFault.
 */
export function checkTemplateFile(bytes: Uint8Array): void {
  const text = decodeText(bytes, MAX_BYTES);
  if (/^#\s*jinja2\s*:/i.test(text)) {
    throw new DocumentFault('forbidden', 'a header that changes how it is read is not allowed', 'line 1');
  }
  let end = 0;
  for (const part of text.matchAll(PARTS)) {
    checkPlain(text, end, part.index);
    end = part.index + part[0].length;
    const where = lineAt(text, part.index);
    const [, expression, statement] = part;
    if (expression !== undefined) checkExpression(bare(expression), where, { facts: false });
    if (statement !== undefined) checkStatement(statement, where);
  }
  checkPlain(text, end, text.length);
}

function checkStatement(statement: string, where: string): void {
  const match = STATEMENT.exec(statement.trim());
  if (match === null)
    throw new DocumentFault('forbidden', `the statement ${shown(statement.trim())} is not allowed`, where);
  const expression = match[1] ?? match[2];
  if (expression !== undefined) checkExpression(expression, where, { facts: false });
}

function checkPlain(text: string, start: number, end: number): void {
  const at = text.slice(start, end).search(OPENING);
  if (at >= 0) throw new DocumentFault('malformed', 'something begins here and does not end', lineAt(text, start + at));
}

/** Without the signs that trim white space. */
function bare(expression: string): string {
  return expression.replace(/^[-+]/, '').replace(/[-+]$/, '');
}
