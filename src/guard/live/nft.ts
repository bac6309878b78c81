import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GuardCheck } from '../checks.ts';

export interface NftCheckOptions {
  /** Digest of our table as it was applied, and as it is now; `undefined` where there is none. */
  digests(): Promise<{ table: string; expected: string; found: string | undefined } | undefined>;
  /** Name of the table, which lines of the monitor must have to count. */
  readonly table: string;
}

/** A look without an event, milliseconds: each is two processes of nft. */
const EVERY_MS = 60_000;
/** A change comes as several lines, and is whole once they have come, milliseconds. */
const SETTLE_MS = 20;
const AGAIN_MS = 1_000;

/** Compares our nftables table, without its counters and handles, with what was applied; hears of changes from `nft monitor`. */
export function nftCheck({ digests, table }: NftCheckOptions): GuardCheck {
  return {
    name: 'firewall',
    everyMs: EVERY_MS,
    run: async () => {
      const state = await digests();
      if (state === undefined || state.found === state.expected) return [];
      const found = state.found === undefined ? 'absent' : `rules ${state.found}`;
      return [{ target: `nftables table ${state.table}`, expected: `rules ${state.expected}`, found }];
    },
    watch: (changed, signal) => monitor(table, changed, signal),
  };
}

/** One long-lived `nft monitor`; started again when it ends, since without it a change is seen a minute later. */
function monitor(table: string, changed: () => void, signal: AbortSignal): void {
  if (signal.aborted) return;
  const child = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' });
  let settling: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.includes(table)) return;
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE_MS);
  });
  let over = false;
  const again = (): void => {
    if (over || signal.aborted) return;
    over = true;
    changed();
    setTimeout(() => monitor(table, changed, signal), AGAIN_MS).unref();
  };
  child.once('error', again);
  child.once('exit', again);
}
