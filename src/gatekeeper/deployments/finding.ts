import { UserError } from '../../system/errors.ts';
import { DocumentFault } from '../documents/index.ts';

/** What is wrong with a deployment, and where. */
export interface Finding {
  /** Path in the deployment's directory. */
  readonly file: string;
  /** Counted from 1; absent where the place is named in the reason, or is the whole file. */
  readonly line?: number;
  /** docs/deploy.md explains them; those of documents and commands are in docs/errors.md. */
  readonly code: string;
  readonly reason: string;
}

const MOST = 200;

/** Collects what is wrong, so that an author sees all of it at once. */
export class Findings {
  readonly #found: Finding[] = [];

  /** In the order of files and lines. */
  get all(): readonly Finding[] {
    return this.#found.toSorted((a, b) => compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0));
  }

  add(file: string, code: string, reason: string, line?: number): void {
    const known = this.#found.some((it) => it.file === file && it.code === code && it.reason === reason);
    if (known || this.#found.length >= MOST) return;
    this.#found.push({ file, ...(line === undefined ? {} : { line }), code, reason });
  }

  /** Does a check of a file and takes down what it throws about it; gives `undefined` then. */
  attempt<T>(file: string, check: () => T): T | undefined {
    try {
      return check();
    } catch (fault) {
      if (fault instanceof DocumentFault) {
        const line = /^line ([0-9]+)/.exec(fault.where)?.[1];
        this.add(file, `document-${fault.reason}`, fault.message, line === undefined ? undefined : Number(line));
      } else if (fault instanceof UserError) this.add(file, fault.code, fault.message);
      else throw fault;
      return undefined;
    }
  }
}

/** Does something with a file, and gives what came of it or what is wrong. */
export function findingsOf<T>(
  file: string,
  work: () => T,
): { readonly value?: T; readonly findings: readonly Finding[] } {
  const findings = new Findings();
  const value = findings.attempt(file, work);
  return value === undefined ? { findings: findings.all } : { value, findings: findings.all };
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
