import type { ProviderState, StatusDocument } from '../service/status-document.ts';
import type { Feed } from './feed.ts';
import { formatClock, formatCount } from './format.ts';
import type { ViewState } from './state.ts';
import { cellWidth, clean, fitted } from './text.ts';
import type { Paint, Tone } from './theme.ts';

const STATE_TONE: Record<ProviderState, Tone> = {
  providing: 'good',
  starting: 'warning',
  paused: 'warning',
  stopped: 'dim',
  degraded: 'warning',
  failed: 'bad',
};

/** The first line: what this host is to the network right now. Exactly `columns` cells. */
export function headerLine(status: StatusDocument | undefined, columns: number, now: Date, paint: Paint): string {
  const clock = formatClock(now.toISOString());
  const parts = status ? headerParts(status, columns >= 110) : [];
  let line = '';
  let room = columns - cellWidth(clock) - 1;
  for (const [tone, text] of [['brand', ' logos'] as const, ...parts]) {
    const width = cellWidth(text) + 2;
    if (width > room) break;
    line += `${paint(tone, text)}  `;
    room -= width;
  }
  return `${line}${' '.repeat(room)}${paint('dim', clock)} `;
}

function headerParts(status: StatusDocument, labelled: boolean): [Tone, string][] {
  const { chain } = status;
  const resource = clean(status.class ?? '–');
  const path = status.path ?? '–';
  return [
    [STATE_TONE[status.state], `● ${status.state}`],
    ['plain', labelled ? `class ${resource}  path ${path}` : `${resource} · ${path}`],
    ['plain', chain ? `${clean(chain.name)} #${formatCount(chain.height)}` : 'no chain'],
    ['dim', chain ? `final ${formatCount(chain.finalized)}` : ''],
  ];
}

/** The last line: what is being typed, else what there is to say, else the keys. Exactly `columns` cells. */
export function footerLine(view: ViewState, feed: Feed, columns: number, paint: Paint): string {
  const { mode } = view;
  if (mode.kind === 'command' || mode.kind === 'filter') {
    const prompt = mode.kind === 'command' ? ':' : '/';
    const shown = clean(mode.text).slice(-(columns - 4));
    return ` ${paint('accent', prompt)}${shown}${paint('selected', ' ')}${' '.repeat(Math.max(0, columns - 3 - cellWidth(shown)))}`;
  }
  if (view.notice) return paint(view.notice.tone, fitted(` ${view.notice.text}`, columns));
  const trouble = troubleOf(feed);
  if (trouble) return paint(trouble.tone, fitted(` ${trouble.text}`, columns));
  const filter = view.filter ? ` filter /${view.filter}  esc clears · ` : ' ';
  return paint('dim', fitted(`${filter}? help · : order · / filter · tab next table · q quit`, columns));
}

/** Why the figures are not live, and what to do about it. */
function troubleOf({ live, status }: Feed): { tone: Tone; text: string } | undefined {
  if (!status) return { tone: 'dim', text: 'Asking the service …' };
  if (live) return status.message ? { tone: STATE_TONE[status.state], text: status.message } : undefined;
  if (status.state === 'stopped') {
    return { tone: 'warning', text: 'The service is not running. Start it with: logos provide   (q quits)' };
  }
  return { tone: 'warning', text: `${status.message ?? 'The service does not answer.'} Asking again every second.` };
}
