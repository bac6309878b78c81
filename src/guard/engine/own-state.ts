import { statSync } from 'node:fs';
import type { Baseline } from './baseline.ts';
import type { Finding } from './compare.ts';
import type { Reporter } from './reporter.ts';
import { selfFindings, tracerFindings } from './self.ts';
import { loadBaseline, stampOf } from './store.ts';

/** Looking at all threads and the memory map costs more than the rest. */
const MAPS_EVERY = 4;
/** Steps of NTP are below; they make it look at everything, and no more. */
const CLOCK_TOLERANCE_MS = 60_000;
/** So long without a look: stopped, frozen or starved. */
const STALLED_MS = 5_000;

/** What holds the watch itself up: this process, its binary, the baseline file, the clock. */
export class OwnState {
  looks = 0;
  #latest = -Infinity;
  #last = performance.now();
  readonly #binary = binaryStamp();
  readonly #continued = (): void => {
    this.#stopped.push('stopped by a signal, and continued');
  };
  readonly #inspect = (): void => {
    this.#stopped.push('asked by a signal to open its inspector');
  };
  readonly #stopped: string[] = [];

  constructor(
    readonly baseline: Baseline,
    readonly self: boolean,
    readonly lookAtAll: () => void,
  ) {
    if (!self) return;
    process.on('SIGCONT', this.#continued);
    process.on('SIGUSR1', this.#inspect);
  }

  look(reporter: Reporter): void {
    this.#clock(reporter);
    this.#baselineFile(reporter);
    this.#stalled();
    if (this.self) this.#process(reporter);
    this.looks += 1;
  }

  close(): void {
    process.off('SIGCONT', this.#continued);
    process.off('SIGUSR1', this.#inspect);
  }

  /** How far the clock is ahead of the one that can't be set. Suspend only makes it more. */
  #clock(reporter: Reporter): void {
    const ahead = Date.now() - performance.now();
    const back = this.#latest - ahead;
    if (back > CLOCK_TOLERANCE_MS) {
      reporter.always('/', { kind: 'clock', found: `set back by ${Math.round(back / 1_000)} s` }, 'self');
      this.#latest = ahead;
      this.lookAtAll();
    }
    this.#latest = Math.max(this.#latest, ahead);
  }

  #baselineFile(reporter: Reporter): void {
    const { source } = this.baseline;
    if (source === undefined) return;
    const path = Buffer.from(source.path, 'utf8').toString('latin1');
    try {
      if (stampOf(statSync(source.path, { bigint: true })) === source.stamp) {
        reporter.forgetKind(path, 'tampered');
        return;
      }
      const found =
        loadBaseline(source.path).source?.digest === source.digest
          ? 'the same bytes, written anew'
          : 'another baseline';
      reporter.report(path, { kind: 'tampered', expected: `sha256 ${source.digest}`, found }, 'self');
    } catch (error) {
      reporter.report(path, { kind: 'tampered', found: (error as Error).message }, 'self');
    }
  }

  #stalled(): void {
    const now = performance.now();
    if (now - this.#last > STALLED_MS) this.lookAtAll();
    this.#last = now;
  }

  #process(reporter: Reporter): void {
    const findings: Finding[] = this.looks % MAPS_EVERY === 0 ? selfFindings() : tracerFindings();
    for (const finding of findings) reporter.report('/proc/self', finding, 'self');
    for (const found of this.#stopped.splice(0)) {
      reporter.always('/proc/self', { kind: 'tampered', found }, 'self');
      this.lookAtAll();
    }
    const binary = binaryStamp();
    if (binary !== this.#binary) {
      const found = 'its program file was changed or replaced';
      reporter.report(fromPath(process.execPath), { kind: 'tampered', found }, 'self');
    }
  }
}

/** Both of what runs and of what lies at its path now. */
function binaryStamp(): string {
  return ['/proc/self/exe', process.execPath]
    .map((path) => {
      try {
        return stampOf(statSync(path, { bigint: true }));
      } catch {
        return 'absent';
      }
    })
    .join(' / ');
}

function fromPath(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}
