import { Composer, type CST, isScalar, Parser } from 'yaml';
import { DocumentFault, printable } from './fault.ts';
import { decodeText, lineAt } from './text.ts';
import { checkTokens } from './yaml-tokens.ts';
import { nodeValue } from './yaml-value.ts';

export interface YamlLimits {
  bytes: number;
  /** Levels of maps and lists. */
  depth: number;
  /** Tokens of its text, of which every scalar, comma, colon and run of spaces is one. */
  tokens: number;
  documents: number;
}

export const YAML_LIMITS: YamlLimits = { bytes: 1024 * 1024, depth: 32, tokens: 200_000, documents: 64 };

/**
 * Reads one YAML document that a stranger wrote, if all readers agree on what it says: block and flow collections and
 * scalars, without anchors, aliases, tags, directives and merges, with keys that are texts and come once; yaml-scalar.ts
 * and yaml-tokens.ts refuse what YAML 1.1 reads otherwise than 1.2. The result is plain JSON data.
 * Throws DocumentFault, which has no code: the caller gives it one.
 */
export function parseStrictYaml(bytes: Uint8Array, limits: Partial<YamlLimits> = {}): unknown {
  return parseStrictYamlStream(bytes, { ...limits, documents: 1 })[0];
}

/** Reads a stream of one or more documents, as parseStrictYaml reads one. Throws DocumentFault. */
export function parseStrictYamlStream(bytes: Uint8Array, limits: Partial<YamlLimits> = {}): unknown[] {
  const bound = { ...YAML_LIMITS, ...limits };
  const text = decodeText(bytes, bound.bytes);
  checkTokens(text, bound.tokens);
  const tokens = [...new Parser().parse(text)];
  // Before anything that follows the nesting by recursion.
  for (const token of tokens) checkDepth(token, bound.depth, text);
  const values: unknown[] = [];
  // Duplicate keys are looked for in nodeValue: the library compares each key with each.
  for (const document of new Composer({ schema: 'failsafe', merge: false, uniqueKeys: false }).compose(tokens)) {
    if (values.length === bound.documents) {
      throw new DocumentFault('too-large', `it holds more than ${bound.documents} YAML document(s)`);
    }
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new DocumentFault('malformed', printable(problem.message), lineAt(text, problem.pos[0]));
    const value = rootValue(document.contents, text);
    if (value === null) throw new DocumentFault('malformed', 'a YAML document in it is empty');
    values.push(value);
  }
  if (values.length === 0) throw new DocumentFault('malformed', 'it is empty');
  return values;
}

/** A block scalar without anything around it may begin in the first column, where YAML 1.1 sees comments. */
function rootValue(root: unknown, text: string): unknown {
  if (isScalar(root) && root.type?.startsWith('BLOCK')) {
    throw new DocumentFault(
      'malformed',
      'a document in it is a block scalar alone',
      lineAt(text, root.range?.[0] ?? 0),
    );
  }
  return nodeValue(root, text);
}

/** Walks without recursion: what it looks for would end a recursive walk. */
function checkDepth(token: CST.Token, maxDepth: number, text: string): void {
  const open: [CST.Token | null | undefined, number][] = [[token, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [at, depth] = next;
    if (at === null || at === undefined) continue;
    if (at.type === 'document') open.push([at.value, depth]);
    if (!('items' in at)) continue;
    if (depth === maxDepth) {
      throw new DocumentFault('too-large', `it is nested deeper than ${maxDepth} levels`, lineAt(text, at.offset));
    }
    for (const item of at.items) open.push([item.key, depth + 1], [item.value, depth + 1]);
  }
}
