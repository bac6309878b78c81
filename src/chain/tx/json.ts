import { UserError } from '../../system/errors.ts';

/**
 * Reads an argument as it was typed: JSON, where a number too large for JavaScript stays the text of its digits; and
 * what is no JSON is a text, so that addresses and hexadecimal need no quotes.
 */
export function readArgument(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    // Something that was meant to be JSON must not be taken for a text.
    if (/^\s*[[{"]/.test(text)) {
      throw new UserError('call-arguments-invalid', `${text.slice(0, 200)} is not JSON.`, {
        nextSteps: ['Put JSON into single quotes, so that the shell leaves it alone: \'{"Id":"5…"}\'.'],
      });
    }
    return text;
  }
}

/** JSON.parse that loses no digit: integers beyond 2^53 come as text. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? '';
    return /^-?\d+$/.test(source) ? source : value;
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
