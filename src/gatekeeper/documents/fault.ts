/**
 * What is wrong with a document. `malformed`: it isn't one of its kind, or readers would disagree on what it says;
 * `too-large`: over a limit; `forbidden`: well formed, and says what nobody may ask for.
 */
export type FaultReason = 'malformed' | 'too-large' | 'forbidden';

/** Thrown by the readers of this folder. They say what is wrong and where; who called them gives it a code. */
export class DocumentFault extends Error {
  readonly reason: FaultReason;
  /** Path inside the document, such as `/domain/devices/disk[2]/source` or `line 3`; empty: the whole of it. */
  readonly where: string;

  constructor(reason: FaultReason, what: string, where = '') {
    super(where === '' ? what : `${where}: ${what}`);
    this.name = 'DocumentFault';
    this.reason = reason;
    this.where = where;
  }
}

const SHOWN_LENGTH = 60;
/** What could move a terminal's cursor, hide text or turn its direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A stranger's text as it may stand in a message: in quotes, shortened, with nothing that a terminal would obey. */
export function shown(text: string): string {
  const short = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return `"${printable(short)}"`;
}

/** `text` with its control, format and lone surrogate characters written as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
