const MAX_DEPTH = 32;

/**
 * Parses bytes that a stranger wrote: UTF-8 without errors, at most `maxBytes`, at most 32 levels, and no key twice or
 * named `__proto__` (readers disagree on what those mean, and a check must see what its user sees).
 * Throws an Error that says what is wrong; the caller gives it a code.
 */
export function parseStrictJson(bytes: Uint8Array, maxBytes: number): unknown {
  if (bytes.length > maxBytes) throw new Error(`it has ${bytes.length} bytes, and ${maxBytes} are allowed`);
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  // Depth first: the parser itself would take any.
  checkDepth(text);
  const value: unknown = JSON.parse(text);
  checkKeys(text);
  return value;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gsu;

function checkDepth(text: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > MAX_DEPTH) throw new Error(`it is nested deeper than ${MAX_DEPTH} levels`);
  }
}

/** `text` is valid JSON by now, so a string that a colon follows is a key of the innermost object. */
function checkKeys(text: string): void {
  const open: Set<string>[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') addKey(open.at(-1), JSON.parse(last) as string);
    last = token;
  }
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (key === '__proto__') throw new Error('it has a key named __proto__');
  if (keys?.has(key)) throw new Error(`it has the key ${JSON.stringify(key)} twice`);
  keys?.add(key);
}
