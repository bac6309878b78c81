import { createHash } from 'node:crypto';
import { UserError } from './errors.ts';
import type { Json } from './journal.ts';

/** Deepest nesting that is written; real documents of ours have less than ten levels. */
const MAX_DEPTH = 64;

/**
 * The one text of a JSON value: no white space, keys sorted by UTF-16 code unit, numbers and strings as ECMAScript
 * writes them (RFC 8785), so that equal values give equal digests on every machine.
 * Throws UserError `json-not-canonical` for what JSON can't hold (NaN, infinity, undefined, bigint, functions) and for
 * nesting deeper than 64.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

/** SHA-256 of a text (its UTF-8 bytes) or of bytes, in hexadecimal. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw notCanonical(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notCanonical(`${value} is not a JSON number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && isPlain(value)) {
    const fields = Object.keys(value).sort();
    const text = fields.map(
      (key) => `${JSON.stringify(key)}:${write((value as Record<string, unknown>)[key], depth + 1)}`,
    );
    return `{${text.join(',')}}`;
  }
  throw notCanonical(`a ${typeof value} has no JSON form`);
}

/** Class instances (Date, Map, …) would lose what they are. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function notCanonical(why: string): UserError {
  return new UserError('json-not-canonical', `A value can't be written as JSON: ${why}.`, {
    nextSteps: ['Give plain objects, arrays, strings, finite numbers, booleans and null only.'],
  });
}
