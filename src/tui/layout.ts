/** Where each panel stands. All figures are cells, borders included. */
export type PanelName = 'lent' | 'scores' | 'integrity' | TableName;
export type TableName = 'dvms' | 'requests' | 'events';
export const TABLES: readonly TableName[] = ['dvms', 'requests', 'events'];

export interface Size {
  columns: number;
  rows: number;
}

export interface Placed {
  panel: PanelName;
  columns: number;
  rows: number;
}

/** Bands from top to bottom, each a row of panels of the same height. */
export type Bands = readonly (readonly Placed[])[];

export const SMALLEST: Size = { columns: 80, rows: 24 };

/** From here on requests and events stand side by side. */
const WIDE_COLUMNS = 140;
const SUMMARY_ROWS = 6;
/** A frame around two rows. */
const LEAST_ROWS = 4;

/**
 * Fills `size` less the header, the footer and one spare row: a frame as high as the terminal makes it scroll.
 * `zoomed` gives one table the whole of it. `undefined` when the terminal is too small.
 */
export function planLayout(size: Size, zoomed?: TableName): Bands | undefined {
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) return undefined;
  const { columns } = size;
  const rows = bodyRows(size);
  if (zoomed) return [[{ panel: zoomed, columns, rows }]];
  const summary = band(['lent', 'scores', 'integrity'], columns, SUMMARY_ROWS);
  const left = rows - SUMMARY_ROWS;
  if (columns >= WIDE_COLUMNS) {
    const dvms = Math.ceil(left * 0.58);
    return [summary, band(['dvms'], columns, dvms), band(['requests', 'events'], columns, left - dvms)];
  }
  const requests = Math.max(LEAST_ROWS, Math.floor(left * 0.24));
  const events = Math.max(LEAST_ROWS + 1, Math.floor(left * 0.3));
  const dvms = left - requests - events;
  return [
    summary,
    band(['dvms'], columns, dvms),
    band(['requests'], columns, requests),
    band(['events'], columns, events),
  ];
}

/** Rows between the header and the footer. */
export function bodyRows(size: Size): number {
  return size.rows - 3;
}

function band(panels: readonly PanelName[], columns: number, rows: number): Placed[] {
  const share = Math.floor(columns / panels.length);
  return panels.map((panel, index) => ({
    panel,
    rows,
    columns: index === panels.length - 1 ? columns - share * index : share,
  }));
}

/** The first row of a table to show: the selected one stands in the middle where it can. */
export function firstInSight(selected: number, shown: number, total: number): number {
  return Math.max(0, Math.min(selected - Math.floor(shown / 2), total - shown));
}
