import type { StatusDocument } from '../service/status-document.ts';
import type { Feed } from './feed.ts';
import { formatCount } from './format.ts';
import { innerSize, type Panel } from './frame.ts';
import { footerLine, headerLine } from './header.ts';
import {
  type Bands,
  bodyRows,
  firstInSight,
  type Placed,
  planLayout,
  type Size,
  SMALLEST,
  TABLES,
  type TableName,
} from './layout.ts';
import { helpLines } from './panels/help.ts';
import { integrityLines, lentLines, scoreLines } from './panels/summary.ts';
import { filtered, filteredDvms, withTable } from './panels/tables.ts';
import type { ViewState } from './state.ts';
import { tableBlocks } from './table.ts';
import { fitted } from './text.ts';
import type { Paint } from './theme.ts';

/** What one frame is drawn from. */
export interface Scene {
  feed: Feed;
  view: ViewState;
  /** The whole terminal. */
  size: Size;
  now: Date;
  paint: Paint;
}

/** One frame: a header, bands of panels from top to bottom, a footer; or only a notice. Never wider than the terminal, and one row less high. */
export type Drawing = { header: string; bands: readonly (readonly Panel[])[]; footer: string } | { notice: string };

export function draw(scene: Scene): Drawing {
  const { feed, view, size, now, paint } = scene;
  const layout = planLayout(size, view.zoomed ? view.focus : undefined);
  if (!layout) return { notice: tooSmall(size) };
  return {
    header: headerLine(feed.status, size.columns, now, paint),
    bands: bandsOf(layout, scene),
    footer: footerLine(view, feed, size.columns, paint),
  };
}

function bandsOf(layout: Bands, scene: Scene): Panel[][] {
  const { size, view, feed, paint } = scene;
  if (view.mode.kind === 'help') return [[helpPanel(size, paint)]];
  const { status } = feed;
  // Nothing is known before the first answer: empty panels would claim that there is nothing.
  return status ? layout.map((band) => band.map((placed) => panelOf(placed, status, scene))) : [];
}

/** How many rows each table has under the filter: what the keys can move in. */
export function rowCounts(status: StatusDocument | undefined, filter: string): Record<TableName, number> {
  const count = (name: TableName): number =>
    status ? withTable(name, (table) => filtered(table, status, filter).length) : 0;
  return Object.fromEntries(TABLES.map((name) => [name, count(name)])) as Record<TableName, number>;
}

/** The name of the DVM in a row of its table, as the filter leaves it. */
export function dvmInRow(status: StatusDocument | undefined, filter: string, row: number): string | undefined {
  return status && filteredDvms(status, filter)[row]?.name;
}

function tooSmall({ columns }: Size): string {
  return fitted(`logos needs a terminal of ${SMALLEST.columns}×${SMALLEST.rows}: enlarge it, or press q.`, columns);
}

function helpPanel(size: Size, paint: Paint): Panel {
  const whole = { columns: size.columns, rows: bodyRows(size) };
  const lines = helpLines(innerSize(whole).columns, paint);
  return { ...whole, title: 'Keys', note: 'any key closes', focused: true, blocks: [lines] };
}

function panelOf(placed: Placed, status: StatusDocument, scene: Scene): Panel {
  const { paint, now } = scene;
  const { columns, rows } = innerSize(placed);
  const still = { columns: placed.columns, rows: placed.rows, focused: false };
  switch (placed.panel) {
    case 'lent':
      return { ...still, title: 'Lent and kept', blocks: [lentLines(status, columns, paint)] };
    case 'scores':
      return { ...still, title: 'Scores', blocks: [scoreLines(status, columns, rows, paint)] };
    case 'integrity':
      return { ...still, title: 'Integrity', blocks: [integrityLines(status, columns, rows, now, paint)] };
    default:
      return tablePanel(placed, placed.panel, status, scene);
  }
}

function tablePanel(placed: Placed, name: TableName, status: StatusDocument, { view, feed, paint }: Scene): Panel {
  const inner = innerSize(placed);
  const focused = view.focus === name;
  // Where there is hardly room for rows, they explain themselves.
  const head = inner.rows > 2;
  const shown = head ? inner.rows - 1 : inner.rows;
  return withTable(name, (table) => {
    const rows = filtered(table, status, view.filter);
    const selected = Math.min(view.selected[name], Math.max(0, rows.length - 1));
    const first = firstInSight(selected, shown, rows.length);
    const title = titleOf(name, rows.length, table.rows(status).length);
    const empty = view.filter ? `Nothing matches /${view.filter}.` : table.empty;
    const blocks =
      rows.length === 0
        ? [[paint('dim', fitted(empty, inner.columns))]]
        : tableBlocks(
            table.columns(feed.history),
            rows,
            { width: inner.columns, selected, first, shown, focused, head },
            paint,
          );
    return { columns: placed.columns, rows: placed.rows, title, note: noteOf(name, status), focused, blocks };
  });
}

const TITLES: Record<TableName, string> = { dvms: 'DVMs', requests: 'Gatekeeper', events: 'Events' };

function titleOf(name: TableName, shown: number, all: number): string {
  if (shown !== all) return `${TITLES[name]} ${shown} of ${all}`;
  return name === 'dvms' ? `${TITLES[name]} ${all}` : TITLES[name];
}

function noteOf(name: TableName, { gatekeeper }: StatusDocument): string | undefined {
  if (name !== 'requests' || !gatekeeper) return undefined;
  const { received, executed, refused, failed, pending } = gatekeeper;
  return [
    `${formatCount(received)} requests`,
    `${formatCount(executed)} done`,
    `${formatCount(refused)} refused`,
    `${formatCount(failed)} failed`,
    ...(pending > 0 ? [`${formatCount(pending)} pending`] : []),
  ].join(' · ');
}
