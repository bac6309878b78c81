import { cellWidth, clean, fitted } from './text.ts';
import type { Paint } from './theme.ts';

/** One bordered panel: what stands in it and around it. */
export interface Panel {
  /** Whole size, borders included. */
  columns: number;
  rows: number;
  title: string;
  /** At the right end of the upper border. */
  note?: string;
  focused: boolean;
  /**
   * The content: blocks of lines side by side, two cells apart, together at most as wide as `innerSize` says.
   * Bars stand in a block of their own, because lines of plain ASCII are far cheaper to measure and to draw.
   */
  blocks: readonly (readonly string[])[];
}

/** How much room a border leaves for the content: one cell of space at each side. */
export function innerSize(panel: { columns: number; rows: number }): { columns: number; rows: number } {
  return { columns: panel.columns - 4, rows: panel.rows - 2 };
}

/** The upper border with the title in it, `columns` cells. */
export function upperBorder({ columns, title, note, focused }: Panel, paint: Paint): string {
  const tone = focused ? 'accent' : 'dim';
  const room = columns - 6;
  const name = shortened(title, room);
  const end = note ? shortened(note, room - cellWidth(name) - 3) : '';
  const line = '─'.repeat(columns - 5 - cellWidth(name) - (end ? cellWidth(end) + 3 : 0));
  const corner = end ? `${paint(tone, line)} ${paint('dim', end)} ${paint(tone, '─╮')}` : paint(tone, `${line}╮`);
  return `${paint(tone, '╭─')} ${paint(focused ? 'brand' : 'strong', name)} ${corner}`;
}

function shortened(text: string, room: number): string {
  const safe = clean(text);
  if (cellWidth(safe) <= room) return safe;
  return room > 3 ? fitted(safe, room) : '';
}
