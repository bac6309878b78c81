import type { StatusDocument } from '../service/status-document.ts';
import { type LoadHistory, LoadRecorder } from './load-history.ts';

/** What the dashboard knows of the service at one moment. */
export interface Feed {
  status?: StatusDocument;
  /** Whether `status` came from the running service; else it was read from its files. */
  live: boolean;
  history: LoadHistory;
}

/** Where statuses come from. */
export interface StatusSource {
  /** From the running service; `undefined` when it does not answer. */
  ask(): Promise<StatusDocument | undefined>;
  /** From what it left on disk. */
  recall(): StatusDocument;
}

export const NO_FEED: Feed = { live: false, history: new Map() };

/** Asks once a second (from answer to question, so that a slow service is not flooded) until `signal` is aborted. */
export async function follow(
  source: StatusSource,
  onFeed: (feed: Feed) => void,
  signal: AbortSignal,
  intervalMs = 1_000,
): Promise<void> {
  const recorder = new LoadRecorder();
  while (!signal.aborted) {
    const answer = await source.ask();
    if (signal.aborted) return;
    const status = answer ?? source.recall();
    onFeed({ status, live: answer !== undefined, history: recorder.record(status) });
    await pause(intervalMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
