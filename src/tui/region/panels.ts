import type { ClassCapacity, Drift, RegionDefinition, RegionLook } from '../../region/index.ts';
import type { Standing } from '../../service/index.ts';
import { formatClock, formatMemory } from '../format.ts';
import type { Column } from '../table.ts';
import { fitted } from '../text.ts';
import type { Paint, Tone } from '../theme.ts';

/** What the view of a region knows. Parts that are not there yet were not asked yet. */
export interface RegionFeed {
  readonly definition: RegionDefinition;
  readonly look?: RegionLook;
  readonly drift?: readonly Drift[];
  readonly standing?: Standing;
}

type Server = RegionDefinition['servers'][number];

const SHORT = { controller: 'ctrl', arbiter: 'arb', network: 'net', compute: 'comp', storage: 'stor' } as const;

/** A row of the table of hosts. */
export function hostColumns({ look }: RegionFeed): Column<Server>[] {
  const facts = ({ name }: Server) => look?.hosts.find((host) => host.name === name)?.facts;
  const state = (server: Server): [string, Tone] => {
    const its = facts(server);
    if (look === undefined) return ['…', 'dim'];
    if (its === undefined) return ['no answer', 'bad'];
    return its.failed.length === 0 ? ['up', 'good'] : [`${its.failed.length} failed`, 'warning'];
  };
  const guests = ({ name }: Server) => look?.cloud?.guests.filter(({ host }) => host === name).length;
  return [
    { title: 'HOST', width: 'flex', text: ({ name }) => name },
    { title: 'STATE', width: 9, text: (it) => state(it)[0], tone: (it) => state(it)[1] },
    { title: 'ROLES', width: 17, rank: 2, text: ({ roles }) => roles.map((role) => SHORT[role]).join(' ') },
    { title: 'GUESTS', width: 6, align: 'right', text: (it) => (guests(it) ?? '–').toString() },
    {
      title: 'LOAD',
      width: 7,
      rank: 1,
      align: 'right',
      text: (it) => {
        const its = facts(it);
        return its ? `${its.load.toFixed(1)}/${its.cpus}` : '–';
      },
    },
    {
      title: 'RAM FREE',
      width: 9,
      align: 'right',
      text: (it) => {
        const its = facts(it);
        return its ? `${formatMemory(its.availableMiB)}/${formatMemory(its.memoryMiB)}` : '–';
      },
    },
    { title: 'DISK', width: 5, rank: 3, align: 'right', text: (it) => (facts(it) ? `${facts(it)?.diskGiB}G` : '–') },
  ];
}

/** A row of the table of classes. Memory and processors as used of all; KEPT is what no guest gets, the buffer in it. */
export function classColumns(): Column<ClassCapacity>[] {
  return [
    { title: 'CLASS', width: 'flex', text: ({ name }) => name },
    { title: 'HOSTS', width: 5, align: 'right', text: ({ hosts }) => `${hosts.length}` },
    { title: 'GUESTS', width: 6, align: 'right', text: ({ guests }) => `${guests}` },
    { title: 'VCPU', width: 8, align: 'right', text: ({ vcpus }) => `${vcpus.used}/${vcpus.total}` },
    {
      title: 'RAM',
      width: 10,
      align: 'right',
      text: ({ memoryMiB }) => `${formatMemory(memoryMiB.used)}/${formatMemory(memoryMiB.total)}`,
    },
    {
      title: 'KEPT FREE',
      width: 10,
      rank: 1,
      align: 'right',
      text: ({ vcpus, memoryMiB }) => `${vcpus.kept} · ${formatMemory(memoryMiB.kept)}`,
      tone: ({ memoryMiB, vcpus }) => (memoryMiB.free < 0 || vcpus.free < 0 ? 'warning' : 'plain'),
    },
    {
      title: 'ROOM',
      width: 5,
      align: 'right',
      text: ({ room }) => `${room}`,
      tone: ({ room }) => (room === 0 ? 'warning' : 'plain'),
    },
  ];
}

/** An API with the processes behind it. */
export interface ServiceRow {
  readonly name: string;
  readonly up: number;
  readonly all: number;
  readonly ms?: number;
  /** The first thing that is wrong with it. */
  readonly wrong?: string;
}

/** Services, those with something wrong first. */
export function serviceRows({ cloud, error }: RegionLook): ServiceRow[] {
  if (cloud === undefined) return [{ name: 'api', up: 0, all: 0, wrong: error ?? 'nobody answers' }];
  const names = [...new Set([...cloud.apis, ...cloud.services].map(({ service }) => service))];
  const rows = names.map((name): ServiceRow => {
    const processes = cloud.services.filter(({ service }) => service === name);
    const down = processes.find(({ up }) => !up);
    const api = cloud.apis.find(({ service }) => service === name);
    const wrong = api?.error ?? cloud.wrong[name] ?? (down && `${down.binary} on ${down.host} is down`);
    return {
      name,
      up: processes.filter(({ up }) => up).length,
      all: processes.length,
      ...(api && { ms: api.ms }),
      ...(wrong && { wrong }),
    };
  });
  const badness = ({ wrong }: ServiceRow) => (wrong === undefined ? 1 : 0);
  return rows.toSorted((a, b) => badness(a) - badness(b) || (a.name < b.name ? -1 : 1));
}

export function serviceColumns(): Column<ServiceRow>[] {
  return [
    { title: 'SERVICE', width: 10, text: ({ name }) => name, tone: ({ wrong }) => (wrong ? 'bad' : 'good') },
    {
      title: 'STATE',
      width: 'flex',
      text: ({ wrong, up, all }) => wrong ?? (all === 0 ? 'answers' : `${up}/${all} up`),
      tone: ({ wrong }) => (wrong ? 'bad' : 'plain'),
    },
    { title: 'MS', width: 5, align: 'right', text: ({ ms }) => (ms === undefined ? '' : `${ms}`) },
  ];
}

/** What moved and what differs, the most urgent first; lines of exactly `columns` cells. */
export function watchLines({ look, drift, standing }: RegionFeed, columns: number, paint: Paint): string[] {
  const lines: [Tone, string][] = [chainLine(standing)];
  for (const text of standing?.state === 'differs' ? standing.told : []) lines.push(['bad', `  ${text}`]);
  lines.push(...driftLines(drift));
  const moved = look?.cloud?.evacuations ?? [];
  if (moved.length === 0) lines.push(['dim', look?.cloud ? 'no guest was evacuated' : '']);
  for (const { guest, from, to, state, at } of moved)
    lines.push([
      state === 'error' || state === 'failed' ? 'bad' : 'warning',
      `${at === null ? '' : `${formatClock(at)} `}${guest.slice(0, 8)} ${from ?? '?'} → ${to ?? '?'} ${state}`,
    ]);
  return lines.map(([tone, text]) => paint(tone, fitted(text, columns)));
}

function chainLine(standing: Standing | undefined): [Tone, string] {
  if (standing === undefined) return ['dim', 'chain: asking …'];
  if (standing.state === 'same')
    return ['good', standing.by === 'flag' ? 'as the given hash names it' : 'as the chain names it'];
  if (standing.state === 'differs') return ['bad', 'other than the chain names it'];
  return ['warning', `chain: ${standing.told[0] ?? 'not known'}`];
}

function driftLines(drift: readonly Drift[] | undefined): [Tone, string][] {
  if (drift === undefined) return [['dim', 'files: comparing …']];
  const compared = drift.filter(({ differences }) => differences !== undefined);
  if (compared.length === 0) return [['dim', 'files: no run from here to compare with']];
  const found = drift.flatMap(({ server, differences = [], error }): [Tone, string][] => [
    ...(error === undefined ? [] : [['bad', `${server}: ${error}`] as [Tone, string]]),
    ...differences.map((line): [Tone, string] => ['bad', `${server} ${line}`]),
  ]);
  return found.length > 0 ? found : [['good', `files: as applied on ${compared.length} servers`]];
}
