import { readFileSync } from 'node:fs';
import { isErrno } from '../../system/files.ts';
import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';

/** A value that the kernel holds in a file: a sysctl, a limit of a control group. */
export interface Setting {
  /** Its name in a deviation. */
  readonly target: string;
  readonly path: string;
  readonly expected: string;
  /** What the file's trimmed text says, in the words of `expected`; default: the text with single spaces. */
  shown?(text: string): string;
  /** Whether the value will do; default: it is `expected`. */
  holds?(shown: string): boolean;
}

/** Files that the kernel answers from memory are read at once: a turn of the event loop would cost more than the reading. */
const READ = { encoding: 'utf8' } as const;

/** Compares live values with what was applied. `settings` is asked at each run, because the record may be written anew. */
export function settingsCheck(
  name: string,
  settings: () => readonly Setting[] | Promise<readonly Setting[]>,
  everyMs?: number,
): GuardCheck {
  return { name, everyMs, run: async () => (await settings()).flatMap(compare) };
}

function compare({ target, path, expected, shown = singleSpaced, holds }: Setting): Deviation[] {
  const text = read(path);
  const found = text === undefined ? 'absent' : shown(text.trim());
  const is = text !== undefined && (holds?.(found) ?? found === expected);
  return is ? [] : [{ target, expected, found }];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, READ);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') || isErrno(error, 'ENODEV')) return undefined;
    throw error;
  }
}

function singleSpaced(text: string): string {
  return text.split(/\s+/).join(' ');
}
