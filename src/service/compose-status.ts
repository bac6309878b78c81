import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../system/home.ts';
import type { ProviderState, StatusDocument, StatusEvent, StatusService, StatusServices } from './status-document.ts';

/** How long a gatekeeper that was started just now may stay silent before that counts as a fault. */
const START_GRACE_MS = 15_000;

/**
 * The status from the state files, for when nobody answers on the socket. Damaged files are passed over: a status
 * must be had whatever state the host is in. Loads nothing but Node's own modules: it is on the fast path.
 */
export function composeStatus(home: Home, now: Date = new Date()): StatusDocument {
  const definitions = objectIn(join(home.state, 'services.json'));
  const wanted = wantedServices(definitions);
  const service = serviceStates(home, definitions.manager === 'systemd');
  const outcome = objectIn(join(home.state, 'provide.json'));
  const { state, message } = judge(wanted, service, now);
  return {
    version: 1,
    state,
    message,
    class: text(outcome.class),
    scores: (outcome.scores as StatusDocument['scores']) ?? null,
    path: text(outcome.path) as StatusDocument['path'],
    pathReason: text(outcome.pathReason),
    dvms: [],
    integrity: 'unknown',
    integrityDetail: null,
    chain: null,
    account: text(outcome.account),
    service,
    lent: (outcome.lent as StatusDocument['lent']) ?? null,
    kept: (outcome.kept as StatusDocument['kept']) ?? null,
    gatekeeper: null,
    events: lastEvents(join(home.state, 'events.jsonl')),
    updatedAt: now.toISOString(),
  };
}

function judge(
  wanted: ReadonlySet<string>,
  service: StatusServices,
  now: Date,
): { state: ProviderState; message: string | null } {
  if (!wanted.has('ng')) return { state: 'stopped', message: null };
  const ng = service.ng;
  if (ng?.state === 'failed') {
    return {
      state: 'failed',
      message: 'The gatekeeper (NG) keeps ending right after its start: see `logos service logs ng`.',
    };
  }
  const since = ng?.since ? Date.parse(ng.since) : undefined;
  if (ng?.state !== 'stopped' && since !== undefined && now.getTime() - since < START_GRACE_MS) {
    return { state: 'starting', message: 'The gatekeeper (NG) is starting.' };
  }
  return {
    state: 'degraded',
    message: 'The gatekeeper (NG) should run and does not answer: see `logos service status`.',
  };
}

function wantedServices(definitions: Fields): Set<string> {
  const services = Array.isArray(definitions.services) ? definitions.services : [];
  return new Set(services.flatMap((entry: Fields) => (entry?.wanted === 'running' ? [String(entry.name)] : [])));
}

/** From the supervisor's record; under systemd only systemd knows, and asking it costs a process. */
function serviceStates(home: Home, systemd: boolean): StatusServices {
  const nothing = { ng: null, ngd: null, chain: null, libvirtd: null };
  if (systemd) return nothing;
  const record = objectIn(join(home.run, 'services.json'));
  const states = fields(record.services);
  const one = (name: string): StatusService => {
    const entry = fields(states[name]);
    const pid = Number(fields(entry.identity).pid) || null;
    const alive = pid !== null && startTimeOf(pid) === fields(entry.identity).startTime;
    const state = alive ? (entry.state as StatusService['state']) : entry.state === 'failed' ? 'failed' : 'stopped';
    return {
      state,
      pid: alive ? pid : null,
      restarts: Number(entry.restarts) || 0,
      since: alive ? text(entry.since) : null,
    };
  };
  return {
    ng: one('ng'),
    ngd: one('ngd'),
    chain: 'chain' in states ? one('chain') : null,
    libvirtd: 'libvirtd' in states ? one('libvirtd') : null,
  };
}

/** proc(5), field `starttime` of /proc/PID/stat; `undefined` for a process that is gone or a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return after[0] === 'Z' ? undefined : after[19];
  } catch {
    return undefined;
  }
}

const TAIL_BYTES = 8_192;
const EVENTS_SHOWN = 20;

function lastEvents(path: string): StatusEvent[] {
  let tail: string;
  try {
    const file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    tail = buffer.toString('utf8');
  } catch {
    return [];
  }
  return tail
    .split('\n')
    .flatMap((line) => {
      const event = parsed(line) as unknown as StatusEvent;
      return typeof event.at === 'string' && typeof event.text === 'string' ? [event] : [];
    })
    .slice(-EVENTS_SHOWN);
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function parsed(json: string): Fields {
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}

function objectIn(path: string): Fields {
  try {
    return parsed(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
