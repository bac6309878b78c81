import { sha256Hex } from '../../system/canonical.ts';
import { DocumentFault, shown } from './fault.ts';
import { type HclToken, hclTokens } from './hcl-tokens.ts';
import { checkCharacters, decodeText, lineAt } from './text.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;

export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly line: number;
  readonly body: HclBody;
}

export interface HclBody {
  /** The pieces of each attribute's expression, by the attribute's name. */
  readonly attributes: ReadonlyMap<string, readonly HclToken[]>;
  readonly blocks: readonly HclBlock[];
}

/** Reads a file in HCL's native form: its blocks and attributes; expressions stay the pieces that they consist of. Throws DocumentFault. */
export function parseHcl(bytes: Uint8Array): HclBody {
  const source = decodeText(bytes, MAX_BYTES);
  checkCharacters(source.replaceAll('\r\n', '\n'));
  return new Reader(source).body(0);
}

/** The pieces of all templates in a file that OpenTofu's `templatefile` fills in. Throws DocumentFault. */
export function hclTemplate(bytes: Uint8Array): readonly HclToken[] {
  const source = decodeText(bytes, MAX_BYTES);
  checkCharacters(source.replaceAll('\r\n', '\n'));
  // No file holds the name of its own digest.
  const mark = `T${sha256Hex(bytes)}`;
  try {
    return hclTokens(`<<${mark}\n${source}\n${mark}\n`).flatMap(({ inner = [] }) => inner);
  } catch (fault) {
    const [, line, what] = (fault instanceof DocumentFault && /^line ([0-9]+): (.*)$/s.exec(fault.message)) || [];
    if (!(fault instanceof DocumentFault) || what === undefined) throw fault;
    // Before the file's first line stands the mark.
    throw new DocumentFault(fault.reason, what, `line ${Number(line) - 1}`);
  }
}

/** The text of an expression that is one plain text; `undefined` for any other. */
export function plainText(tokens: readonly HclToken[] | undefined): string | undefined {
  const [only, second] = tokens ?? [];
  return only?.kind === 'text' && second === undefined && (only.inner?.length ?? 0) === 0 ? only.text : undefined;
}

class Reader {
  readonly #source: string;
  readonly #tokens: readonly HclToken[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = hclTokens(source);
  }

  body(depth: number): HclBody {
    if (depth > MAX_DEPTH) throw this.#fault('it is nested too deeply');
    const attributes = new Map<string, readonly HclToken[]>();
    const blocks: HclBlock[] = [];
    for (;;) {
      const token = this.#next();
      if (token === undefined && depth === 0) return { attributes, blocks };
      if (token?.kind === 'line') continue;
      if (token?.text === '}' && token.kind === 'sign' && depth > 0) return { attributes, blocks };
      if (token?.kind !== 'name') throw this.#fault('a name is expected here');
      if (this.#peek()?.text === '=' && this.#peek()?.kind === 'sign') {
        this.#at += 1;
        if (attributes.has(token.text)) throw this.#fault(`${shown(token.text)} is set twice`);
        attributes.set(token.text, this.#expression());
      } else blocks.push(this.#block(token, depth));
    }
  }

  #block({ text: type, at }: HclToken, depth: number): HclBlock {
    const labels: string[] = [];
    for (;;) {
      const token = this.#next();
      if (token?.kind === 'name' || (token?.kind === 'text' && token.inner?.length === 0)) labels.push(token.text);
      else if (token?.kind === 'sign' && token.text === '{') break;
      else throw this.#fault(`the block ${shown(type)} has no beginning`);
    }
    return { type, labels, line: Number(lineAt(this.#source, at).slice(5)), body: this.body(depth + 1) };
  }

  /** Up to the end of the line, but for lines inside of brackets, or to the brace that ends the block it is in. */
  #expression(): HclToken[] {
    const tokens: HclToken[] = [];
    for (let open = 0; ; ) {
      const token = this.#peek();
      const isOver = open === 0 && (token?.kind === 'line' || isSign(token, '}'));
      if (isOver && tokens.length > 0) return tokens;
      if (token === undefined && open === 0 && tokens.length > 0) return tokens;
      if (token === undefined || isOver) throw this.#fault('an expression does not end');
      this.#at += 1;
      if (isSign(token, '([{')) open += 1;
      if (isSign(token, ')]}')) open -= 1;
      if (open < 0) throw this.#fault('a bracket was not opened');
      if (token.kind !== 'line') tokens.push(token);
    }
  }

  #peek(): HclToken | undefined {
    return this.#tokens[this.#at];
  }

  #next(): HclToken | undefined {
    this.#at += 1;
    return this.#tokens[this.#at - 1];
  }

  #fault(what: string): DocumentFault {
    const at = this.#tokens[Math.min(this.#at, this.#tokens.length) - 1]?.at ?? this.#source.length;
    return new DocumentFault('malformed', what, lineAt(this.#source, at));
  }
}

function isSign(token: HclToken | undefined, signs: string): boolean {
  return token?.kind === 'sign' && signs.includes(token.text);
}
