import { DocumentFault, shown } from './fault.ts';
import { lineAt } from './text.ts';

/** A piece of HCL. Of a text with templates in it, `inner` are the pieces of those. */
export interface HclToken {
  readonly kind: 'name' | 'number' | 'text' | 'sign' | 'line';
  readonly text: string;
  readonly at: number;
  readonly inner?: readonly HclToken[];
}

const SPACE = /[ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const NUMBER = /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SIGN = /\.\.\.|=>|==|!=|<=|>=|&&|\|\||[-+*/%!<>=?:.,[\](){}~]/y;
const HEREDOC = /<<-?([A-Za-z_][A-Za-z0-9_-]*)[ \t\r]*\n/y;
const MAX_DEPTH = 16;

/**
 * Cuts HCL (the language of OpenTofu) into its pieces, as its specification has them: comments are left out, a text's value is
 * what stands between its quotes. Throws DocumentFault.
 */
export function hclTokens(source: string): HclToken[] {
  return new Lexer(source).all(0);
}

class Lexer {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Up to the end, or inside of a template to the brace that closes it. */
  all(depth: number): HclToken[] {
    if (depth > MAX_DEPTH) throw this.#fault('too-large', 'templates are nested too deeply');
    const tokens: HclToken[] = [];
    for (let open = 0; this.#at < this.#source.length; ) {
      if (this.#take(SPACE) !== undefined) continue;
      if (depth > 0 && open === 0 && this.#source.charAt(this.#at) === '}') return tokens;
      const token = this.#token(depth);
      if (token.kind === 'sign' && token.text === '{') open += 1;
      if (token.kind === 'sign' && token.text === '}') open -= 1;
      tokens.push(token);
    }
    if (depth > 0) throw this.#fault('malformed', 'a template does not end');
    return tokens;
  }

  #token(depth: number): HclToken {
    const at = this.#at;
    if (this.#source.charAt(at) === '"') return this.#quoted(depth);
    if (this.#source.startsWith('<<', at)) return this.#heredoc(depth);
    if (this.#source.charAt(at) !== '\n') return this.#plain(at);
    this.#at += 1;
    return { kind: 'line', text: '\n', at };
  }

  #plain(at: number): HclToken {
    for (const [kind, pattern] of [
      ['name', NAME],
      ['number', NUMBER],
      ['sign', SIGN],
    ] as const) {
      const text = this.#take(pattern);
      if (text !== undefined) return { kind, text, at };
    }
    throw this.#fault('malformed', `${shown(this.#source.charAt(at))} is not expected here`);
  }

  #quoted(depth: number): HclToken {
    const at = this.#at;
    this.#at += 1;
    let text = '';
    const inner: HclToken[] = [];
    for (;;) {
      const character = this.#source.charAt(this.#at);
      if (character === '' || character === '\n') throw this.#fault('malformed', 'a text does not end');
      if (character === '"') break;
      if (character === '\\') {
        // What it stands for is never needed; a path or source with one in it is refused by its backslash.
        text += this.#source.slice(this.#at, this.#at + 2);
        this.#at += 2;
      } else text += this.#part(depth, inner);
    }
    this.#at += 1;
    return { kind: 'text', text, at, inner };
  }

  #heredoc(depth: number): HclToken {
    const at = this.#at;
    HEREDOC.lastIndex = at;
    const mark = HEREDOC.exec(this.#source)?.[1];
    if (mark === undefined) throw this.#fault('malformed', 'a text over several lines has no mark');
    this.#at = HEREDOC.lastIndex;
    const end = new RegExp(`^[ \\t]*${mark}[ \\t\\r]*$`, 'm');
    const rest = this.#source.slice(this.#at);
    const length = rest.search(end);
    // OpenTofu takes other white space around the mark for its end as well.
    const other = rest.search(new RegExp(`^[^\\S\\n]*${mark}[^\\S\\n]*$`, 'm'));
    if (other !== length) throw this.#fault('malformed', 'white space of another kind stands beside the end of a text');
    if (length < 0) throw this.#fault('malformed', 'a text over several lines does not end');
    const stop = this.#at + length;
    let text = '';
    const inner: HclToken[] = [];
    while (this.#at < stop) text += this.#part(depth, inner);
    if (this.#at !== stop) throw this.#fault('malformed', 'a template goes on behind the text that it is in');
    const last = end.exec(this.#source.slice(stop))?.[0].length ?? 0;
    this.#at = stop + last;
    return { kind: 'text', text, at, inner };
  }

  /** One character, or a template, whose pieces go to `inner`. */
  #part(depth: number, inner: HclToken[]): string {
    const at = this.#at;
    const two = this.#source.slice(at, at + 2);
    if (/^[$%]\{/.test(two) && this.#source.charAt(at - 1) !== two.charAt(0)) {
      this.#at += 2;
      inner.push(...this.all(depth + 1));
      this.#at += 1;
    } else this.#at += 1;
    return this.#source.slice(at, this.#at);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fault(reason: 'malformed' | 'too-large', what: string): DocumentFault {
    return new DocumentFault(reason, what, lineAt(this.#source, this.#at));
  }
}
