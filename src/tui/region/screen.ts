import { formatClock } from '../format.ts';
import { innerSize, type Panel } from '../frame.ts';
import { firstInSight, type Size, SMALLEST } from '../layout.ts';
import { type Column, tableBlocks } from '../table.ts';
import { cellWidth, clean, fitted } from '../text.ts';
import type { Paint, Tone } from '../theme.ts';
import { classColumns, hostColumns, type RegionFeed, serviceColumns, serviceRows, watchLines } from './panels.ts';

/** A frame of a region's view; never wider than the terminal, and one row less high. */
export type RegionDrawing =
  | { header: string; bands: readonly (readonly Panel[])[]; footer: string }
  | { notice: string };

/** Frames and heads: what a table takes beside its rows. */
const TABLE_ROWS = 3;
const LEAST_BELOW = 5;

/** Draws it. `selected`: the host that is kept in sight. */
export function drawRegion(
  feed: RegionFeed,
  { size, selected, now, paint }: { size: Size; selected: number; now: Date; paint: Paint },
): RegionDrawing {
  const { columns } = size;
  if (columns < SMALLEST.columns || size.rows < SMALLEST.rows) {
    const text = `logos needs a terminal of ${SMALLEST.columns}×${SMALLEST.rows}: enlarge it, or press q.`;
    return { notice: fitted(text, columns) };
  }
  const { definition, look } = feed;
  const body = size.rows - 3;
  const classRows = Math.min(definition.classes.length, 4) + TABLE_ROWS;
  const hostRows = Math.min(definition.servers.length + TABLE_ROWS, body - classRows - LEAST_BELOW);
  const below = body - classRows - hostRows;
  const half = Math.floor(columns / 2);
  const table = <Row>(
    title: string,
    place: { columns: number; rows: number },
    layout: readonly Column<Row>[],
    rows: readonly Row[],
    empty: string,
    at?: number,
  ): Panel => {
    const inner = innerSize(place);
    const shown = inner.rows - 1;
    const focused = at !== undefined;
    const view = { width: inner.columns, selected: at ?? 0, first: 0, shown, focused, head: true };
    const blocks =
      rows.length === 0
        ? [[paint('dim', fitted(empty, inner.columns))]]
        : tableBlocks(layout, rows, { ...view, first: firstInSight(view.selected, shown, rows.length) }, paint);
    const note = rows.length > shown ? `${shown} of ${rows.length}` : undefined;
    return { ...place, title, focused, blocks, ...(note && { note }) };
  };
  const wait = look === undefined ? 'asking …' : (look.error ?? 'none');
  const services = look === undefined ? [] : serviceRows(look);
  const right = { columns: columns - half, rows: below };
  const lines = watchLines(feed, innerSize(right).columns, paint);
  return {
    header: headerOf(feed, columns, now, paint),
    bands: [
      [table('Hosts', { columns, rows: hostRows }, hostColumns(feed), definition.servers, wait, selected)],
      [table('Capacity', { columns, rows: classRows }, classColumns(), look?.classes ?? [], wait)],
      [
        table('Services', { columns: half, rows: below }, serviceColumns(), services, wait),
        { ...right, title: 'Chain, files, evacuations', focused: false, blocks: [lines.slice(0, below - 2)] },
      ],
    ],
    footer: footerOf(look?.at, columns, paint),
  };
}

function headerOf({ definition, look }: RegionFeed, columns: number, now: Date, paint: Paint): string {
  const clock = formatClock(now.toISOString());
  const answer = look?.hosts.filter(({ facts }) => facts !== undefined).length;
  const state: [Tone, string] =
    look === undefined
      ? ['dim', '● asking']
      : look.cloud === undefined
        ? ['bad', '● the API does not answer']
        : ['good', '● the API answers'];
  const parts: [Tone, string][] = [
    ['brand', ' logos'],
    ['plain', clean(`region ${definition.name} ${definition.version}`)],
    state,
    ['plain', answer === undefined ? '' : `${answer}/${definition.servers.length} hosts`],
  ];
  let line = '';
  let room = columns - cellWidth(clock) - 1;
  for (const [tone, text] of parts) {
    const width = cellWidth(text) + 2;
    if (width > room) break;
    line += `${paint(tone, text)}  `;
    room -= width;
  }
  return `${line}${' '.repeat(room)}${paint('dim', clock)} `;
}

function footerOf(at: string | undefined, columns: number, paint: Paint): string {
  const seen = at === undefined ? '' : `, seen ${formatClock(at)}`;
  return paint('dim', fitted(` ↑ ↓ hosts   r look again   d compare files   q leave${seen}`, columns));
}
