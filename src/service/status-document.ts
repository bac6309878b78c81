/**
 * What `GET /v1/status` on the local API and `logos status --json` give (docs/status.md).
 * Every field is always there; `null` means that it is not known now. Fields are only ever added within version 1.
 */
export interface StatusDocument {
  version: 1;
  state: ProviderState;
  /** Why it is degraded or failed, or what it waits for: one sentence. */
  message: string | null;
  /** Resource class, by the thresholds that the chain holds. */
  class: string | null;
  scores: readonly StatusScore[] | null;
  path: 'kvm' | 'qemu' | 'gpu' | null;
  /** The measured reason for the path. */
  pathReason: string | null;
  dvms: readonly StatusDvm[];
  integrity: Integrity;
  integrityDetail: StatusIntegrity | null;
  chain: StatusChain | null;
  /** This host's account on the chain (SS58). */
  account: string | null;
  service: StatusServices;
  lent: StatusShare | null;
  kept: StatusShare | null;
  gatekeeper: StatusGatekeeper | null;
  /** The latest ones, oldest first. */
  events: readonly StatusEvent[];
  /** When the document was composed, ISO 8601. */
  updatedAt: string;
}

export type ProviderState = 'providing' | 'paused' | 'stopped' | 'starting' | 'degraded' | 'failed';
export type Integrity = 'intact' | 'deviated' | 'unknown';

export interface StatusScore {
  /** `cpuSingle`, `cpuAll`, `memory`, `disk`, `gpu`, … */
  name: string;
  value: number;
  unit: string;
  /** Delivered share of the hardware, CPU time ÷ wall time, 0 to 1. */
  share: number | null;
}

export interface StatusDvm {
  name: string;
  uuid: string;
  state: 'running' | 'paused' | 'shutoff' | 'crashed';
  path: 'kvm' | 'qemu' | 'gpu';
  vcpus: number;
  memoryMiB: number;
  cpuSeconds: number;
}

export interface StatusIntegrity {
  /** ISO 8601. */
  checkedAt: string;
  /** What differs, one sentence each. */
  deviations: readonly string[];
}

export interface StatusChain {
  name: string;
  /** Number of the best block. */
  height: number;
  /** Number of the last finalised block. */
  finalized: number;
}

export interface StatusServices {
  ng: StatusService | null;
  ngd: StatusService | null;
  /** The embedded chain and the private libvirtd, where this host runs them. */
  chain: StatusService | null;
  libvirtd: StatusService | null;
}

export interface StatusService {
  state: 'running' | 'starting' | 'stopped' | 'failed';
  pid: number | null;
  /** How often it was started anew since it was first started. */
  restarts: number;
  /** When the running process was started, ISO 8601. */
  since: string | null;
}

export interface StatusShare {
  cpuCores: number;
  memoryMiB: number;
  /** What is in use of it now: cores (may be a fraction) and MiB. */
  cpuUsed: number | null;
  memoryUsedMiB: number | null;
}

export interface StatusGatekeeper {
  received: number;
  refused: number;
  executed: number;
  failed: number;
  /** Requests of the chain that are not done yet. */
  pending: number;
  /** Latest requests, oldest first. */
  recent: readonly StatusRequest[];
}

export interface StatusRequest {
  /** ISO 8601. */
  at: string;
  /** `join`, `start-dvm`, `stop-dvm`, … */
  kind: string;
  outcome: 'executed' | 'refused' | 'failed' | 'pending';
  detail: string;
}

export interface StatusEvent {
  /** ISO 8601. */
  at: string;
  severity: 'info' | 'warning' | 'error';
  /** Which part speaks: `ng`, `ngd`, `chain`, `libvirtd`, `dvm`, `service`, … */
  source: string;
  text: string;
}

/** What `GET /v1/events` sends: a new document, or one event as it happens. */
export type StatusMessage = { type: 'status'; status: StatusDocument } | { type: 'event'; event: StatusEvent };
