import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Libc, libc } from './libc.ts';

const MADV_DONTNEED = 4;
const REGION = /^([0-9a-f]+)-([0-9a-f]+) r.{2}p \S+ \S+ \d+ +(\/.*)$/;

/** A pass drops the pages once in so many steps (of 32 entries). */
export const DROP_EVERY = 128;
/** The same for garbage, of a pass that nothing interrupts. */
export const COLLECT_EVERY = 512;

/** What was needed to start is not needed again: called before a baseline is read, so that the two are never there at once. */
export async function dropProgramPages(): Promise<void> {
  new ProgramPages(await libc()).drop();
}

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

/** Gives back what a pass left behind; by itself V8 would wait until the next one. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  // Also what V8 keeps for later.
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
