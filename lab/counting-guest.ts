import { readFile, rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { localExec } from '../src/system/exec.ts';

/**
 * What a guest is told to do: it writes the numbers from one on, each to a block of its own on its disk, and then, when the disk
 * has it, says it on its serial line.
 */
export const COUNT =
  'for m in /devices/*.ko; do insmod $m; done; stty -echo; i=0; ' +
  'while :; do i=$((i+1)); printf "%-511s\\n" $i | dd of=/dev/vda bs=512 seek=$i conv=fsync,notrunc 2>/dev/null; ' +
  'echo "S $i"; done\n';

/** A guest's serial output, from however many consoles one after the other, with the times of its lines. */
export class Heard {
  text = '';
  readonly #times: number[] = [];
  readonly #waiting: { lines: number; resolve(): void }[] = [];

  from(console: Duplex): void {
    // A console that ends with its guest is what migration does.
    console.on('error', () => {});
    console.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      const lines = chunk.toString('latin1').split('\n').length - 1;
      for (let line = 0; line < lines; line += 1) this.#times.push(performance.now());
      for (const { lines: wanted, resolve } of this.#waiting) if (this.numbers().length >= wanted) resolve();
    });
  }

  /** The numbers that it said, in the order in which they came; a line that is none counts as `NaN`. */
  numbers(): number[] {
    const lines = this.text.slice(Math.max(0, this.text.indexOf('S 1\r\n'))).split('\r\n');
    return lines.slice(0, -1).map((line) => (/^S \d+$/.test(line) ? Number(line.slice(2)) : Number.NaN));
  }

  /** Resolves when it has said so many more. */
  more(count: number): Promise<void> {
    const lines = this.numbers().length + count;
    return new Promise((resolve) => this.#waiting.push({ lines, resolve }));
  }

  /** When it said its first line, and its last one until now. */
  firstAt(): number {
    return this.#times[0] ?? Number.NaN;
  }

  lastAt(): number {
    return this.#times.at(-1) ?? Number.NaN;
  }

  /** The longest silence since then, in milliseconds. */
  longestGap(since: number): number {
    const times = this.#times.filter((time) => time >= since);
    return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)));
  }
}

/** The numbers that are on a guest's disk, from one on until the first block that is none. */
export async function numbersOnDisk(file: string): Promise<number[]> {
  const raw = `${file}.raw`;
  await localExec('qemu-img', ['convert', '-O', 'raw', file, raw]);
  try {
    const bytes = await readFile(raw);
    const numbers: number[] = [];
    for (let at = 512; at < bytes.length; at += 512) {
      const block = bytes.subarray(at, at + 512).toString('latin1');
      if (!/^\d+ *\n$/.test(block)) break;
      numbers.push(Number(block));
    }
    return numbers;
  } finally {
    await rm(raw);
  }
}
