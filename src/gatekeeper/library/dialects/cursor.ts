import type { Slice } from '../grammar.ts';
import { refuse, shown } from '../refuse.ts';

/** Walks over an argv. */
export class Cursor {
  readonly #argv: readonly string[];
  #at: number;

  constructor(argv: readonly string[], at: number) {
    this.#argv = argv;
    this.#at = at;
  }

  /** Position of the next token. */
  get at(): number {
    return this.#at;
  }

  peek(): string | undefined {
    return this.#argv[this.#at];
  }

  next(): Slice | undefined {
    const text = this.#argv[this.#at];
    if (text === undefined) return undefined;
    this.#at += 1;
    return { index: this.#at - 1, start: 0, text };
  }

  /** The next token as the value of `option`. One that begins with a hyphen is refused: tools differ on what it is. */
  value(option: string): Slice {
    const slice = this.next();
    if (slice === undefined) throw missing(option);
    if (slice.text.startsWith('-')) {
      throw refuse(
        'value-invalid',
        `The value of ${shown(option)} begins with a hyphen: ${shown(slice.text)} would be read as an option.`,
        `Write a value after ${option}.`,
      );
    }
    return slice;
  }
}

/** What follows the first `start` characters of a token, as the value of `option`. */
export function attached(token: Slice, start: number, option: string): Slice {
  if (start >= token.text.length) throw missing(option);
  return { index: token.index, start, text: token.text.slice(start) };
}

function missing(option: string) {
  return refuse('value-invalid', `The option ${shown(option)} has no value.`, `Write a value after ${option}.`);
}

/** Refuses a token whose form is no option of the tool's. */
export function badSyntax(token: string) {
  return refuse(
    'argument-malformed',
    `The argument ${shown(token)} is neither an option nor a value.`,
    'Leave it out.',
  );
}

export function takesNone(option: string) {
  return refuse('value-invalid', `The option ${shown(option)} takes no value.`, `Write ${option} alone.`);
}
