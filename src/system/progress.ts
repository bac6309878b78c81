import type { ErrorReport } from './errors.ts';

/** The steps of `logos provide`, in order. The names are part of the scripting interface (docs/cli.md). */
export const PHASES = [
  'preflight',
  'inventory',
  'benchmark',
  'class',
  'path',
  'join',
  'harden',
  'dvm',
  'service',
  'ready',
] as const;
/** The steps of `logos region bootstrap`, in order; their names are part of the scripting interface too. */
export const REGION_PHASES = [
  'preflight',
  'base',
  'pki',
  'database',
  'messaging',
  'cache',
  'loadbalancer',
  'keystone',
  'glance',
  'placement',
  'nova',
  'neutron',
  'cinder',
  'swift',
  'heat',
  'octavia',
  'designate',
  'aggregates',
  'acceptance',
] as const;
export type RegionPhaseName = (typeof REGION_PHASES)[number];
export type PhaseName = (typeof PHASES)[number];

export type Detail = Readonly<Record<string, unknown>>;

/** One step began or ended. `ms` is wall time since it began. */
export interface PhaseEvent {
  event: 'phase';
  phase: PhaseName | RegionPhaseName;
  state: 'started' | 'ok' | 'failed' | 'skipped';
  ms: number;
  detail: Detail;
}

/** Something worth a line inside a long step. */
export interface NoteEvent {
  event: 'note';
  phase?: PhaseName | RegionPhaseName;
  message: string;
  detail?: Detail;
}

/** The last line of every `--json` run. */
export interface ResultEvent {
  event: 'result';
  ok: boolean;
  error?: ErrorReport;
  [field: string]: unknown;
}

/** A service in the foreground now answers at this address. */
export interface ReadyEvent {
  event: 'ready';
  url: string;
}

/** What a watch says while it runs: that it stands, that it still looks, and what it sees (docs/guard.md). */
export interface WatchEvent {
  event: 'ready' | 'alive' | 'deviation';
  [field: string]: unknown;
}

export type ProgressEvent = PhaseEvent | NoteEvent | ReadyEvent | WatchEvent | ResultEvent;

/** Where long work reports; the terminal, `--json` and the TUI each render the same stream. */
export type Progress = (event: ProgressEvent) => void;
