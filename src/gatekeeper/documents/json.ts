import { DocumentFault, printable, shown } from './fault.ts';
import { exactNumber } from './number.ts';
import { checkWellFormed, decodeText } from './text.ts';

const MAX_DEPTH = 32;

/**
 * Parses bytes that a stranger wrote: UTF-8 without errors, at most `maxBytes`, at most 32 levels, no key twice or
 * named `__proto__` or written with an escape, no half of a surrogate pair, and no number that a double can't hold:
 * readers disagree on what those mean, and a check must see what its user sees.
 * Throws DocumentFault, which has no code: the caller gives it one.
 */
export function parseStrictJson(bytes: Uint8Array, maxBytes: number): unknown {
  const text = decodeText(bytes, maxBytes);
  // Depth first: the parser itself would take any.
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DocumentFault('malformed', `it is not JSON: ${printable((error as Error).message)}`);
  }
  checkMembers(text);
  return value;
}

const OPENS = new Set(['{', '[']);
const CLOSES = new Set(['}', ']']);

function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = endOfString(text, at);
    else if (OPENS.has(character)) depth += 1;
    else if (CLOSES.has(character)) depth -= 1;
    if (depth > MAX_DEPTH) throw new DocumentFault('too-large', `it is nested deeper than ${MAX_DEPTH} levels`);
  }
}

/** Index of the quote that ends the string which begins at `start`, or the end of a text without one. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '"') return at;
  }
  return text.length;
}

const NUMBER = /-?[0-9][-+.0-9eE]*/y;
const COLON = /[ \t\n\r]*:/y;

/** `text` is valid JSON by now, so a string that a colon follows is a key of the innermost object. */
function checkMembers(text: string): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (OPENS.has(character)) open.push(new Set());
    else if (CLOSES.has(character)) open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      const string = JSON.parse(text.slice(at, end + 1)) as string;
      checkWellFormed(string, '');
      COLON.lastIndex = end + 1;
      if (COLON.test(text)) addKey(open.at(-1), string, text.slice(at, end));
      at = end;
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? '';
      if (exactNumber(number) === undefined) {
        throw new DocumentFault('malformed', `the number ${shown(number)} loses precision`);
      }
      at += number.length - 1;
    }
  }
}

function addKey(keys: Set<string> | undefined, key: string, written: string): void {
  if (key === '__proto__') throw new DocumentFault('malformed', 'it has a key named __proto__');
  if (keys?.has(key)) throw new DocumentFault('malformed', `it has the key ${shown(key)} twice`);
  // V8 13 takes `"\t"` for `"\\"` where it read an object of the same shape, with that key, before.
  if (written.includes('\\'))
    throw new DocumentFault('malformed', `it has the key ${shown(key)} written with an escape`);
  keys?.add(key);
}
