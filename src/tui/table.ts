import { fitted } from './text.ts';
import type { Paint, Tone } from './theme.ts';

/** One column: a fixed width, or the `flex` one that takes what is left. Columns of higher rank go first when room is short. */
export interface Column<Row> {
  title: string;
  width: number | 'flex';
  align?: 'left' | 'right';
  /** 0 always stays; columns of the highest rank are left out first. */
  rank?: number;
  /** Stands in the second block (see Panel). */
  bar?: boolean;
  text(row: Row): string;
  tone?(row: Row): Tone;
}

export interface TableView {
  /** Cells for all columns. */
  width: number;
  selected: number;
  /** The first row in sight, and how many are. */
  first: number;
  shown: number;
  focused: boolean;
  head: boolean;
}

const FLEX_LEAST = 12;

/** The head and the rows in sight, as one block of text columns and, where there are some, one of bars. */
export function tableBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  view: TableView,
  paint: Paint,
): string[][] {
  const placed = placeColumns(columns, view.width);
  const bars = placed.filter(({ column }) => column.bar);
  const texts = placed.filter(({ column }) => !column.bar);
  return [texts, bars].filter((block) => block.length > 0).map((block) => blockLines(block, rows, view, paint));
}

function blockLines<Row>(
  block: readonly PlacedColumn<Row>[],
  rows: readonly Row[],
  view: TableView,
  paint: Paint,
): string[] {
  const head = block.map(({ column, width }) => fitted(column.title, width, column.align)).join('  ');
  const lines = rows.slice(view.first, view.first + view.shown).map((row, index) => {
    const selected = view.focused && view.first + index === view.selected;
    const cells = block.map(({ column, width }) => {
      const cell = fitted(column.text(row), width, column.align);
      return selected ? cell : paint(column.tone?.(row) ?? 'plain', cell);
    });
    return selected ? paint('selected', cells.join('  ')) : cells.join('  ');
  });
  return view.head ? [paint('dim', head), ...lines] : lines;
}

interface PlacedColumn<Row> {
  column: Column<Row>;
  width: number;
}

function placeColumns<Row>(columns: readonly Column<Row>[], width: number): PlacedColumn<Row>[] {
  const kept = [...columns];
  while (kept.length > 1 && leastWidth(kept) > width) {
    const highest = Math.max(...kept.map(({ rank }) => rank ?? 0));
    kept.splice(
      kept.findLastIndex(({ rank }) => (rank ?? 0) === highest),
      1,
    );
  }
  const gaps = 2 * (kept.length - 1);
  const fixed = kept.reduce((sum, column) => sum + (column.width === 'flex' ? 0 : column.width), gaps);
  const flexible = kept.filter((column) => column.width === 'flex').length;
  return kept.map((column) => ({
    column,
    width: column.width === 'flex' ? Math.max(0, Math.floor((width - fixed) / flexible)) : column.width,
  }));
}

function leastWidth<Row>(columns: readonly Column<Row>[]): number {
  return columns.reduce((sum, { width }) => sum + (width === 'flex' ? FLEX_LEAST : width), 2 * (columns.length - 1));
}
