/** JSON that keeps every digit of its numbers: balances have more than a JavaScript number holds. */

type RawJson = { readonly rawJSON: string };
const json = JSON as typeof JSON & { rawJSON(text: string): RawJson; isRawJSON(value: unknown): boolean };

/** A whole number as it is to be written. */
export function exactNumber(value: bigint): unknown {
  return json.rawJSON(value.toString());
}

/** Reads JSON; numbers that JavaScript can't hold are kept as they stand. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined
      ? value
      : json.rawJSON(context.source);
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** Objects are merged key by key; anything else is replaced. */
export function mergeJson(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const patched = Object.entries(patch).map(([key, value]) => [key, mergeJson(base[key], value)]);
  return { ...base, ...Object.fromEntries(patched) };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value);
}
