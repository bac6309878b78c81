import { appendFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeFileAtomic } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { StatusEvent } from './status-document.ts';

const MAX_BYTES = 256 * 1024;
const KEPT_AFTER_TRIM = 500;

/** The host's events for people, one JSON object a line in `state/events.jsonl`. Any of our processes may append. */
export class EventLog {
  readonly #path: string;
  readonly #directory: string;

  constructor(home: Home) {
    this.#directory = home.state;
    this.#path = join(home.state, 'events.jsonl');
  }

  async append(event: Omit<StatusEvent, 'at'>): Promise<StatusEvent> {
    const full: StatusEvent = { at: new Date().toISOString(), ...event };
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // One short write with O_APPEND: lines of several processes do not mix (write(2)).
    await appendFile(this.#path, `${JSON.stringify(full)}\n`, { mode: 0o600 });
    await this.#trim();
    return full;
  }

  /** The latest events, oldest first; lines that are not events are passed over. */
  async recent(count = 100): Promise<StatusEvent[]> {
    const lines = ((await readIfPresent(this.#path)) ?? '').split('\n');
    return lines.flatMap((line) => eventIn(line) ?? []).slice(-count);
  }

  /** A line that another process adds between reading and replacing is lost: these are for the eye, not for the record. */
  async #trim(): Promise<void> {
    if ((await stat(this.#path)).size <= MAX_BYTES) return;
    const kept = await this.recent(KEPT_AFTER_TRIM);
    await writeFileAtomic(this.#path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }
}

function eventIn(line: string): StatusEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    const ours = typeof event === 'object' && event !== null && 'at' in event && 'severity' in event && 'text' in event;
    return ours ? (event as StatusEvent) : undefined;
  } catch {
    return undefined;
  }
}
