import { CST, Lexer } from 'yaml';
import { DocumentFault, shown } from './fault.ts';
import { checkCharacters, lineAt } from './text.ts';

const REFUSED: Partial<Record<CST.TokenType, string>> = {
  anchor: 'an anchor',
  alias: 'an alias',
  tag: 'a tag',
  'directive-line': 'a directive',
  'explicit-key-ind': 'a key marked by "?"',
};

/** Without escapes for one half of a surrogate pair, which readers join or don't, and for the end of a line. */
const ESCAPES = /^"(?:[^\\]|\\[^u\n]|\\u(?![dD][89a-fA-F]))*"?$/u;

/**
 * Quotes that end with their own sign. The lexer ends them with the line where the next one is not indented, and takes an
 * escaped sign there for the end.
 */
const CLOSED = /^(?:'(?:[^']|'')*'|"(?:[^\\"]|\\[\s\S])*")$/u;

/** Where the lexer is. */
interface At {
  offset: number;
  /** Braces and brackets that are open. */
  flow: number;
  /** The next token is the text of a scalar; `block`: of a block scalar. */
  scalar: boolean;
  block: boolean;
  /** Nothing but comments and empty lines came since a comment: the lexer may have lost the indentation of what follows. */
  commented: boolean;
}

/**
 * Refuses what a YAML document may not hold whatever it means: anchors, aliases and tags, directives, tabs outside of
 * quotes and block scalars, and characters that YAML 1.1 and 1.2 treat differently. Throws DocumentFault.
 */
export function checkTokens(text: string, maxTokens: number): void {
  checkCharacters(text);
  const at: At = { offset: 0, flow: 0, scalar: false, block: false, commented: false };
  let tokens = 0;
  let blocks = false;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > maxTokens) throw new DocumentFault('too-large', `it has more than ${maxTokens} tokens`);
    const wrong = at.scalar ? wrongScalar(token, at) : wrongToken(token, at);
    if (wrong !== undefined) malformed(wrong, text, at.offset);
    advance(token, at);
    blocks ||= at.block;
  }
  // Without it, YAML 1.1 ends the text of the last block otherwise than 1.2.
  if (blocks && !text.endsWith('\n')) malformed('the last line has no end', text, text.length);
}

function malformed(what: string, text: string, offset: number): never {
  throw new DocumentFault('malformed', what, lineAt(text, offset));
}

/** Tokens of the lexer that are no part of the text. */
const MARKS: readonly (CST.TokenType | null)[] = ['doc-mode', 'flow-error-end', 'scalar'];
/** Tokens that may stand between a comment and the text that it stands above. */
const BLANK: readonly (CST.TokenType | null)[] = [...MARKS, 'comment', 'newline', 'space'];
const COMMENTED = 'a text of several lines can not follow a comment in the place of its value';

function advance(token: string, at: At): void {
  if (at.scalar) {
    at.scalar = false;
    at.block = false;
    at.commented = false;
    at.offset += token.length;
    return;
  }
  const type = CST.tokenType(token);
  if (token === '{' || token === '[') at.flow += 1;
  if (token === '}' || token === ']') at.flow -= 1;
  at.scalar = type === 'scalar';
  at.block ||= type === 'block-scalar-header';
  at.commented = BLANK.includes(type) && (at.commented || type === 'comment') && !at.block;
  if (!MARKS.includes(type)) at.offset += token.length;
}

function wrongToken(token: string, at: At): string | undefined {
  const type = CST.tokenType(token);
  if (type === null) return `${shown(token)} can't stand here`;
  const what = REFUSED[type];
  if (what !== undefined) return `${what} (${shown(token)}) is not allowed`;
  if (type === 'space' && token.includes('\t')) return 'a tab is not allowed outside of quotes';
  // In a text of nothing but spaces, readers count the ones before it otherwise.
  if (type === 'block-scalar-header' && at.commented) return COMMENTED;
  if (type === 'block-scalar-header' && /\d/.test(token)) return `${shown(token)} counts its own indentation`;
  if (type === 'single-quoted-scalar' || type === 'double-quoted-scalar') {
    if (!CLOSED.test(token)) return 'its quotes are not closed';
  }
  if (type === 'double-quoted-scalar' && !ESCAPES.test(token)) {
    return 'it escapes half of a surrogate pair, or the end of a line';
  }
  return undefined;
}

function wrongScalar(token: string, at: At): string | undefined {
  if (at.block) return undefined;
  if (token.includes('\t')) return 'a tab is not allowed outside of quotes';
  if (at.commented && token.includes('\n')) return COMMENTED;
  // There "?" ends a plain scalar of YAML 1.1.
  return at.flow > 0 && token.includes('?') ? `${shown(token)} must be in quotes within braces or brackets` : undefined;
}
