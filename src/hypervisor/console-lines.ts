import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A guest may print without ever ending a line; no more than this of one is kept. */
const LINE_MAX = 4096;
/** ECMA-48 control sequences, and control characters: what a guest prints must not steer the reader's terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROL = /\u001B\[[0-9;?]*[ -/]*[@-~]|\u001B.|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** Reads what a guest prints, line by line, as plain text. */
export class ConsoleLines {
  readonly #last: string[] = [];
  readonly #decoder = new StringDecoder('utf8');
  readonly #listener: (line: string) => void;
  #partial = '';

  constructor(console: Readable, listener: (line: string) => void) {
    this.#listener = listener;
    console.on('data', (chunk: Buffer) => this.#receive(this.#decoder.write(chunk)));
  }

  /** The last lines, oldest first, with the unfinished one. */
  last(count = 10): string[] {
    const partial = this.partial();
    return [...this.#last, ...(partial === '' ? [] : [partial])].slice(-count);
  }

  /** The line that the guest has not ended yet. */
  partial(): string {
    return plain(this.#partial);
  }

  #receive(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = (lines.pop() ?? '').slice(-LINE_MAX);
    for (const line of lines) {
      const clean = plain(line.slice(0, LINE_MAX));
      if (clean !== '') this.#last.push(clean);
      if (this.#last.length > 40) this.#last.shift();
      this.#listener(clean);
    }
  }
}

export function plain(line: string): string {
  return line.replaceAll(CONTROL, '').trim();
}
