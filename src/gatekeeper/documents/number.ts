/** A number as JSON writes it; YAML's plain decimal numbers are a subset but for a leading `+`. */
const DECIMAL = /^[-+]?([0-9]+)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]+))?$/;
/** More digits than any double has: not worth comparing. */
const MAX_LENGTH = 128;

/**
 * The number that `text` writes in decimal, or undefined where a double is another number: readers with other number
 * types would see another value. Whole numbers without an exponent must be within ±(2^53 - 1).
 */
export function exactNumber(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  if (/^[-+]?[0-9]+$/.test(text)) return Number.isSafeInteger(value) ? value : undefined;
  return decimal(text) === decimal(String(value)) ? value : undefined;
}

/** `text` as its significant digits and the power of ten of the last one: equal for equal numbers. */
function decimal(text: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
