import { isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { DocumentFault, shown } from './fault.ts';
import { checkWellFormed, lineAt } from './text.ts';
import { plainValue } from './yaml-scalar.ts';

/** A node as JSON data: maps as plain objects, plain scalars by what all readers take them for. Throws DocumentFault. */
export function nodeValue(node: unknown, text: string): unknown {
  if (isScalar(node)) return scalarValue(node, text);
  if (isSeq(node)) return node.items.map((item) => nodeValue(item, text));
  if (!isMap(node)) throw new DocumentFault('malformed', 'a value is missing', placeOf(node, text));
  const value: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = keyOf(pair, text);
    if (Object.hasOwn(value, key)) {
      throw new DocumentFault('malformed', `it has the key ${shown(key)} twice`, placeOf(pair.key, text));
    }
    value[key] = nodeValue(pair.value, text);
  }
  return value;
}

function keyOf(pair: Pair, text: string): string {
  const where = placeOf(pair.key, text);
  const key = isScalar(pair.key) ? scalarValue(pair.key, text) : undefined;
  if (typeof key !== 'string') throw new DocumentFault('malformed', 'a key is not a text: put it in quotes', where);
  if (key === '__proto__') throw new DocumentFault('malformed', 'it has a key named __proto__', where);
  // `{a:1}` is the key "a:1" to one reader and a key with a value to another.
  if (!isScalar(pair.value) && pair.value === null) {
    throw new DocumentFault('malformed', `the key ${shown(key)} has no value`, where);
  }
  return key;
}

function scalarValue(node: Node & { source?: string; value: unknown; type?: string }, text: string): unknown {
  const where = placeOf(node, text);
  const source = String(node.value ?? '');
  checkWellFormed(source, where);
  return node.type === 'PLAIN' || node.type === undefined ? plainValue(source, where) : source;
}

function placeOf(node: unknown, text: string): string {
  const range = isPair(node) ? undefined : (node as Node | null)?.range;
  return lineAt(text, range?.[0] ?? text.length);
}
