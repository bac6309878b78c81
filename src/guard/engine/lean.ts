import { readFileSync } from 'node:fs';
import type { Libc } from './libc.ts';

const MADV_DONTNEED = 4;
const REGION = /^([0-9a-f]+)-([0-9a-f]+) r.{2}p \S+ \S+ \d+ +(\/.*)$/;

/** A pass drops the pages once in so many steps (of 32 entries). */
export const DROP_EVERY = 256;

/**
 * The memory that holds pages of this program's own file. What was touched once stays, and with each page its neighbours: half
 * of what the process takes. Only regions without a written page: they can always be read again, from the page cache.
 */
export class ProgramPages {
  readonly #regions: { from: bigint; length: bigint }[] = [];

  constructor(readonly libc: Libc) {
    try {
      this.#find(readFileSync('/proc/self/smaps', 'latin1'));
    } catch {
      // Without /proc the pages stay.
    }
  }

  drop(): void {
    for (const { from, length } of this.#regions) this.libc.madvise(from, length, MADV_DONTNEED);
  }

  #find(smaps: string): void {
    let region: { from: bigint; length: bigint } | undefined;
    for (const line of smaps.split('\n')) {
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
        const [, from, to, path] = REGION.exec(line) ?? [];
        const start = BigInt(`0x${from ?? 0}`);
        region = path === process.execPath ? { from: start, length: BigInt(`0x${to}`) - start } : undefined;
      } else if (region !== undefined && /^Anonymous: +0 kB$/.test(line)) this.#regions.push(region);
    }
  }
}
