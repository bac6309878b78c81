import { fitted } from '../text.ts';
import type { Paint } from '../theme.ts';

const HELP: readonly (readonly [string, string])[] = [
  ['tab, shift-tab', 'next, previous table (also → ← and l h)'],
  ['↑ ↓, k j', 'move in the table'],
  ['g G, home end', 'first, last row'],
  ['page up, page down', 'ten rows at once'],
  ['enter, z', 'the table alone on the screen, and back'],
  ['c', 'the console of the DVM; ctrl-] comes back'],
  ['/', 'filter the tables; esc clears the filter'],
  [':', 'give an order:'],
  ['  :pause  :resume', 'lend nothing for a while; lend again'],
  ['  :dvm stop NAME', 'stop one DVM'],
  ['  :dvm console NAME', 'its console'],
  ['  :stop', 'end the service and its DVMs'],
  ['  :q', 'leave the dashboard; the service goes on'],
  ['q, ctrl-c', 'leave the dashboard'],
];

/** The key overlay, lines of `columns` cells. */
export function helpLines(columns: number, paint: Paint): string[] {
  const left = 22;
  return HELP.map(([keys, meaning]) => `${paint('accent', fitted(keys, left))}${fitted(meaning, columns - left)}`);
}
