import type { Option, OptionTable } from './grammar.ts';
import { refuse, shown } from './refuse.ts';

/** Something that the tool knows and nobody may ask for. */
export interface Refusable {
  readonly forbidden: string;
}

/** Looks an option up: `typed` with its dashes is what the message names. Throws what it must. */
export function lookUp(table: ReadonlyMap<string, Option | Refusable>, name: string, typed: string): Option {
  const found = table.get(name);
  if (found === undefined)
    throw refuse(
      'option-unknown',
      `The option ${shown(typed)} is not one that this command may have.`,
      'Leave it out, or ask for a library that knows it; logos gatekeeper libraries shows what is known.',
    );
  if ('forbidden' in found)
    throw refuse('option-forbidden', `The option ${shown(typed)} is forbidden: ${found.forbidden}`, 'Leave it out.');
  return found;
}

/** Refuses a shortened long option by its own name: what it would mean depends on the tool's version. */
export function refuseAbbreviation(table: OptionTable, name: string): void {
  if (table.long.has(name)) return;
  const meant = [...table.long.keys()].filter((it) => it.startsWith(name)).slice(0, 4);
  if (meant.length > 0 && name.length > 0)
    throw refuse(
      'option-ambiguous',
      `The option ${shown(`--${name}`)} is shortened: ${meant.map((it) => `--${it}`).join(', ')} begin so.`,
      'Write the option out.',
    );
}
