import { stripVTControlCharacters } from 'node:util';

/** Text as a terminal shows it: measured in cells, and free of anything that a terminal would obey. */

// Controls, formats that reorder or hide text (Unicode TR36), lone surrogates, marks that take no cell, odd line ends.
const UNSAFE = /[\p{C}\p{M}\p{Zl}\p{Zp}]/gu;

/** Makes foreign text (of guests, of the chain) safe to show: no escape sequence, no control, no mark; line ends are spaces. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\r\n\t]+/g, ' ')
    .replace(UNSAFE, '');
}

/** Cells that cleaned text takes: East Asian wide characters and pictographs take two (Unicode TR11). */
export function cellWidth(text: string): number {
  let cells = 0;
  for (const character of text) cells += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return cells;
}

function isWide(code: number): boolean {
  if (code < 0x1100) return false;
  return WIDE.some(([from, to]) => code >= from && code <= to);
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x27bf],
  [0x2b1b, 0x2b55],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Exactly `width` cells: cut with an ellipsis, or filled with spaces. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return '';
  const safe = clean(text);
  const cut = cellWidth(safe) <= width ? safe : `${take(safe, width - 1)}…`;
  const space = ' '.repeat(width - cellWidth(cut));
  return align === 'left' ? cut + space : space + cut;
}

function take(text: string, width: number): string {
  let taken = '';
  let cells = 0;
  for (const character of text) {
    cells += cellWidth(character);
    if (cells > width) break;
    taken += character;
  }
  return taken;
}
