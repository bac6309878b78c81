import type { StatusDocument } from '../service/status-document.ts';

/** How busy each DVM was, from one status to the next: shares of its vCPUs (0 to 1), oldest first, by UUID. */
export type LoadHistory = ReadonlyMap<string, readonly number[]>;

interface Sample {
  at: number;
  cpuSeconds: number;
}

const KEPT = 120;

/** Turns CPU times, which only grow, into loads. Forgets DVMs that are gone. */
export class LoadRecorder {
  #last = new Map<string, Sample>();
  #loads = new Map<string, readonly number[]>();

  record(status: StatusDocument): LoadHistory {
    const at = Date.parse(status.updatedAt) / 1000;
    const last = new Map<string, Sample>();
    const loads = new Map<string, readonly number[]>();
    for (const { uuid, cpuSeconds, vcpus } of status.dvms) {
      const before = this.#last.get(uuid);
      const history = this.#loads.get(uuid) ?? [];
      // The same document asked for twice says nothing new.
      const fresh = before === undefined || at > before.at;
      last.set(uuid, fresh ? { at, cpuSeconds } : before);
      loads.set(uuid, before && fresh ? [...history, loadOf(before, { at, cpuSeconds }, vcpus)].slice(-KEPT) : history);
    }
    this.#last = last;
    this.#loads = loads;
    return loads;
  }
}

function loadOf(before: Sample, now: Sample, vcpus: number): number {
  const load = (now.cpuSeconds - before.cpuSeconds) / (now.at - before.at) / Math.max(1, vcpus);
  return Math.min(1, Math.max(0, load)); // a restarted DVM counts from zero again
}
