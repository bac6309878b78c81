import type { StatusDocument, StatusDvm, StatusEvent, StatusRequest } from '../../service/status-document.ts';
import { formatClock, formatMemory } from '../format.ts';
import { gauge, sparkline } from '../gauge.ts';
import type { TableName } from '../layout.ts';
import type { LoadHistory } from '../load-history.ts';
import type { Column } from '../table.ts';

/** One table of the dashboard: its rows as they are filtered and shown, newest or first on top. */
export interface Table<Row> {
  rows(status: StatusDocument): readonly Row[];
  columns(history: LoadHistory): readonly Column<Row>[];
  /** What the filter looks at. */
  words(row: Row): string;
  empty: string;
}

const DVM_TONE = { running: 'good', paused: 'warning', shutoff: 'dim', crashed: 'bad' } as const;

const dvms: Table<StatusDvm> = {
  rows: (status) => status.dvms,
  words: ({ name, state, path, uuid }) => `${name} ${state} ${path} ${uuid}`,
  empty: 'No DVM runs on this host.',
  columns: (history) => {
    const load = ({ uuid }: StatusDvm): number => history.get(uuid)?.at(-1) ?? 0;
    return [
      { title: 'NAME', width: 'flex', text: ({ name }) => name },
      { title: 'STATE', width: 8, text: ({ state }) => state, tone: ({ state }) => DVM_TONE[state] },
      { title: 'PATH', width: 4, rank: 2, text: ({ path }) => path },
      { title: 'VCPU', width: 4, rank: 1, align: 'right', text: ({ vcpus }) => String(vcpus) },
      { title: 'RAM', width: 5, align: 'right', text: ({ memoryMiB }) => formatMemory(memoryMiB) },
      { title: 'LOAD', width: 5, align: 'right', text: (dvm) => `${Math.round(load(dvm) * 100)} %` },
      {
        title: '',
        bar: true,
        width: 10,
        text: (dvm) => Object.values(gauge(load(dvm), 10)).join(''),
        tone: (dvm) => (load(dvm) > 0.9 ? 'warning' : 'accent'),
      },
      {
        title: 'LAST SECONDS',
        bar: true,
        width: 30,
        rank: 3,
        text: ({ uuid }) => sparkline(history.get(uuid) ?? [], 30),
        tone: () => 'accent',
      },
    ];
  },
};

const OUTCOME_TONE = { executed: 'good', refused: 'warning', failed: 'bad', pending: 'accent' } as const;

const requests: Table<StatusRequest> = {
  rows: (status) => [...(status.gatekeeper?.recent ?? [])].reverse(),
  words: ({ kind, outcome, detail }) => `${kind} ${outcome} ${detail}`,
  empty: 'No request has passed the gatekeeper yet.',
  columns: () => [
    { title: 'TIME', width: 8, text: ({ at }) => formatClock(at), tone: () => 'dim' },
    { title: 'REQUEST', width: 12, text: ({ kind }) => kind },
    { title: 'OUTCOME', width: 8, text: ({ outcome }) => outcome, tone: ({ outcome }) => OUTCOME_TONE[outcome] },
    { title: 'DETAIL', width: 'flex', text: ({ detail }) => detail },
  ],
};

const SEVERITY_TONE = { info: 'dim', warning: 'warning', error: 'bad' } as const;

const events: Table<StatusEvent> = {
  rows: (status) => [...status.events].reverse(),
  words: ({ severity, source, text }) => `${severity} ${source} ${text}`,
  empty: 'Nothing has happened yet.',
  columns: () => [
    { title: 'TIME', width: 8, text: ({ at }) => formatClock(at), tone: () => 'dim' },
    { title: 'SOURCE', width: 8, text: ({ source }) => source, tone: ({ severity }) => SEVERITY_TONE[severity] },
    {
      title: 'EVENT',
      width: 'flex',
      text: ({ text }) => text,
      tone: ({ severity }) => (severity === 'info' ? 'plain' : SEVERITY_TONE[severity]),
    },
  ],
};

/** Hands the table of that name, with its own row type, to `use`. */
export function withTable<Result>(name: TableName, use: <Row>(table: Table<Row>) => Result): Result {
  switch (name) {
    case 'dvms':
      return use(dvms);
    case 'requests':
      return use(requests);
    case 'events':
      return use(events);
  }
}

/** Rows whose words hold every word of the filter, whatever their case. */
export function filtered<Row>(table: Table<Row>, status: StatusDocument, filter: string): readonly Row[] {
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = table.rows(status);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const words = table.words(row).toLowerCase();
    return wanted.every((word) => words.includes(word));
  });
}

/** The DVMs that the filter leaves, as their table shows them. */
export function filteredDvms(status: StatusDocument, filter: string): readonly StatusDvm[] {
  return filtered(dvms, status, filter);
}
