import { DocumentFault, shown } from './fault.ts';

/** Text that could not be written to a file and read back: half of a surrogate pair. */
export function checkWellFormed(text: string, where: string): void {
  if (!text.isWellFormed()) throw new DocumentFault('malformed', 'it holds half of a surrogate pair', where);
}

/** The bytes as text. Throws DocumentFault for more than `maxBytes`, for what isn't UTF-8, and for a byte order mark. */
export function decodeText(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length > maxBytes) {
    throw new DocumentFault('too-large', `it has ${bytes.length} bytes, and ${maxBytes} are allowed`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DocumentFault('malformed', 'it is not UTF-8');
  }
  if (text.startsWith('\uFEFF')) throw new DocumentFault('malformed', 'it begins with a byte order mark');
  return text;
}

/**
 * Control characters, and what ends a line for some readers alone (carriage return, U+0085, U+2028, U+2029; YAML 1.1 and
 * Python among them): a comment to one would be a line of its own to the other.
 */
const FOREIGN = /[^\t\n\x20-\x7E\u00A0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Refuses characters on which readers of lines disagree. Throws DocumentFault. */
export function checkCharacters(text: string): void {
  const foreign = FOREIGN.exec(text);
  if (!foreign) return;
  throw new DocumentFault(
    'malformed',
    `the character ${shown(foreign[0])} is not allowed`,
    lineAt(text, foreign.index),
  );
}

/** Where in a text something stands, for people: `line 3`, counted from 1. */
export function lineAt(text: string, offset: number): string {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return `line ${line}`;
}
