import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { ExternalError } from '../../system/errors.ts';

/** What a command took. */
export interface Took {
  /** Seconds of the host's CPU time, whoever it was given to. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** What it printed. */
  readonly lines: readonly string[];
}

/** How long one command may take, milliseconds: an emulated guest on a busy machine is slow. */
const LONGEST_MS = 300_000;
/** The shell may echo what it is sent, in which there is no digit after the mark. */
const DONE = /@done (\d+) (\d+)$/;

/**
 * A shell, of this host or of a guest, and the clock of the CPU time that the host gives it. It reads the clock while the shell
 * has nothing to do, before and after a command.
 */
export class MeasuredShell {
  readonly #stream: Duplex;
  readonly #cpuSeconds: () => Promise<number>;
  #count = 0;
  #lines: string[] = [];
  #onDone: (id: number, exitCode: number) => void = () => {};
  #broken: (error: unknown) => void = () => {};
  readonly #end: Promise<never>;

  constructor(stream: Duplex, cpuSeconds: () => Promise<number>) {
    this.#stream = stream;
    this.#cpuSeconds = cpuSeconds;
    this.#end = new Promise((_, reject) => {
      this.#broken = reject;
    });
    this.#end.catch(() => {});
    const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    reader.on('line', (line) => this.#receive(line));
    reader.on('close', () => this.#broken(failed('the shell', 'it ended')));
    // An error of the stream comes by way of its reader too.
    for (const source of [stream, reader]) source.on('error', this.#broken);
  }

  /** Throws ExternalError `measurement-failed` when the command fails, or does not end; the signal's reason when aborted. */
  async run(command: string, signal?: AbortSignal): Promise<Took> {
    signal?.throwIfAborted();
    this.#count += 1;
    const id = this.#count;
    this.#lines = [];
    // Of a shell that ended there is no clock.
    const cpuBefore = await Promise.race([this.#end, this.#cpuSeconds()]);
    const began = performance.now();
    const code = await this.#ended(id, command, signal);
    const wallSeconds = (performance.now() - began) / 1e3;
    const cpuSeconds = (await this.#cpuSeconds()) - cpuBefore;
    if (code !== 0) throw failed(command, `it ended with exit code ${code}`, this.#lines);
    return { cpuSeconds, wallSeconds, lines: this.#lines };
  }

  close(): void {
    this.#broken(failed('the shell', 'it was closed'));
    this.#stream.destroy();
  }

  async #ended(id: number, command: string, signal?: AbortSignal): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    let abort = (): void => {};
    try {
      return await Promise.race([
        this.#end,
        new Promise<number>((resolve, reject) => {
          this.#onDone = (doneId, code) => {
            if (doneId === id) resolve(code);
          };
          timer = setTimeout(() => reject(failed(command, `it took more than ${LONGEST_MS / 1e3} s`)), LONGEST_MS);
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort, { once: true });
          this.#stream.write(`${command}; echo "@done ${id} $?"\n`);
        }),
      ]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #receive(line: string): void {
    const done = DONE.exec(line.trimEnd());
    if (done) this.#onDone(Number(done[1]), Number(done[2]));
    else this.#lines.push(line);
  }
}

function failed(what: string, why: string, lastLines?: readonly string[]): ExternalError {
  return new ExternalError('measurement-failed', `The measurement failed: ${what}: ${why}.`, {
    lastLines: lastLines?.slice(-5),
    nextSteps: ['Run it again on a machine with less to do; `logos doctor` checks what guests need.'],
  });
}
