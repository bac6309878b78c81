import type { StatusDocument, StatusScore, StatusService, StatusShare } from '../../service/status-document.ts';
import { formatAge, formatCores, formatFigure, formatMemory, formatName } from '../format.ts';
import { gauge } from '../gauge.ts';
import { cellWidth, fitted } from '../text.ts';
import type { Paint, Tone } from '../theme.ts';

/** The three panels of the upper band. Each gives lines of exactly `columns` cells, at most `rows` of them. */

export function lentLines(status: StatusDocument, columns: number, paint: Paint): string[] {
  const { lent, kept } = status;
  if (!lent && !kept) return [paint('dim', fitted('Not measured yet.', columns))];
  const cpu = (share: StatusShare | null) => share && { of: share.cpuCores, used: share.cpuUsed, format: formatCores };
  const memory = (share: StatusShare | null) =>
    share && { of: share.memoryMiB, used: share.memoryUsedMiB, format: formatMemory };
  return [
    shareLine('cpu lent', cpu(lent), columns, 'accent', paint),
    shareLine('cpu kept', cpu(kept), columns, 'plain', paint),
    shareLine('ram lent', memory(lent), columns, 'accent', paint),
    shareLine('ram kept', memory(kept), columns, 'plain', paint),
  ];
}

interface Share {
  of: number;
  used: number | null;
  format(value: number): string;
}

function shareLine(label: string, share: Share | null, columns: number, tone: Tone, paint: Paint): string {
  const name = `${fitted(label, 8)} `;
  if (!share) return paint('dim', fitted(`${name}–`, columns));
  const figures = fitted(
    `${share.used === null ? '–' : share.format(share.used)}/${share.format(share.of)}`,
    9,
    'right',
  );
  const width = Math.max(0, columns - name.length - figures.length - 1);
  const full = share.used === null || share.of === 0 ? 0 : share.used / share.of;
  const { filled, rest } = gauge(full, width);
  return `${name}${paint(full > 0.9 ? 'warning' : tone, filled)}${paint('dim', rest)} ${figures}`;
}

export function scoreLines(status: StatusDocument, columns: number, rows: number, paint: Paint): string[] {
  const { scores } = status;
  if (!scores || scores.length === 0) return [paint('dim', fitted('Not measured yet.', columns))];
  const shown = scores.slice(0, rows);
  // All lines of one shape: the fullest one that every score fits into.
  const shape = SHAPES.find((each) => shown.every((score) => lengthOf(score, each) <= columns)) ?? {
    unit: false,
    share: false,
  };
  return shown.map((score) => {
    const busy = score.share !== null && score.share < 0.9;
    const share = shape.share ? fitted(shareText(score), SHARE_CELLS, 'right') : '';
    const figure = shape.unit ? `${formatFigure(score.value)} ${score.unit}` : formatFigure(score.value);
    const room = columns - NAME_CELLS - cellWidth(share);
    return `${fitted(formatName(score.name), NAME_CELLS)}${fitted(figure, room, 'right')}${paint(busy ? 'warning' : 'dim', share)}`;
  });
}

interface Shape {
  unit: boolean;
  share: boolean;
}

const SHAPES: readonly Shape[] = [
  { unit: true, share: true },
  { unit: true, share: false },
  { unit: false, share: true },
];
const NAME_CELLS = 11;
const SHARE_CELLS = 6;

function lengthOf(score: StatusScore, { unit, share }: Shape): number {
  return (
    NAME_CELLS +
    cellWidth(formatFigure(score.value)) +
    (unit ? cellWidth(score.unit) + 1 : 0) +
    (share ? SHARE_CELLS : 0)
  );
}

function shareText({ share }: StatusScore): string {
  return share === null ? '' : `${Math.round(share * 100)} %`;
}

export function integrityLines(
  status: StatusDocument,
  columns: number,
  rows: number,
  now: Date,
  paint: Paint,
): string[] {
  const { integrity, integrityDetail, service } = status;
  const tone = ({ intact: 'good', deviated: 'bad', unknown: 'dim' } as const)[integrity];
  const checked = integrityDetail ? formatAge(integrityDetail.checkedAt, now) : '';
  const first = marked('●', integrity, checked && `checked ${checked}`, columns, tone, paint);
  const deviations = (integrityDetail?.deviations ?? []).map((text) => paint('bad', fitted(text, columns)));
  const services = (['ng', 'ngd', 'chain', 'libvirtd'] as const)
    .filter((name) => name === 'ng' || name === 'ngd' || service[name] !== null)
    .map((name) => serviceLine(name, service[name], columns, paint));
  return [first, ...deviations, ...services].slice(0, rows);
}

const SERVICE_TONE = { running: 'good', starting: 'warning', stopped: 'dim', failed: 'bad' } as const;

function serviceLine(name: string, service: StatusService | null, columns: number, paint: Paint): string {
  const state = service?.state ?? 'unknown';
  const restarts =
    service && service.restarts > 0 ? `${service.restarts} restart${service.restarts === 1 ? '' : 's'}` : '';
  const tone = service ? SERVICE_TONE[service.state] : 'dim';
  return marked('·', `${name.padEnd(9)}${state}`, restarts, columns, tone, paint);
}

function marked(mark: string, text: string, note: string, columns: number, tone: Tone, paint: Paint): string {
  const room = columns - 2 - (note ? cellWidth(note) + 1 : 0);
  // The note is the lesser half: it goes first when there is no room for both.
  if (note && room < cellWidth(text)) return marked(mark, text, '', columns, tone, paint);
  return `${paint(tone, mark)} ${fitted(text, room)}${note ? ` ${paint('dim', note)}` : ''}`;
}
