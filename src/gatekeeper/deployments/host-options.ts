import type { ConnectedChain, LogosChain } from '../../chain/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { GatekeeperLog } from '../log.ts';
import type { Receipt } from '../receipt.ts';
import type { OpenOptions } from './fetch.ts';
import type { DeploymentRecords } from './record.ts';
import type { StepTools } from './run-steps.ts';

export interface HostDeploymentOptions extends StepTools, OpenOptions {
  readonly chain: Pick<LogosChain, 'identity' | 'member'> & { readonly deployment: ConnectedChain['deployment'] };
  /** This host's account, and its public key in hexadecimal. */
  readonly account: string;
  readonly publicKey: string;
  readonly records: DeploymentRecords;
  readonly clock: Clock;
  readonly log: GatekeeperLog;
  /** Sends `report-deployment` through all stages of the gatekeeper. */
  report(id: bigint, outcome: { applied: string } | { failed: string }, height: number): Promise<Receipt>;
  /** How often it is looked for drift, and what failed is tried again, in milliseconds. Default: 10 minutes. */
  readonly driftMs?: number;
}

const DRIFT_MS = 600_000;

export function driftInterval({ driftMs = DRIFT_MS }: HostDeploymentOptions): number {
  return driftMs;
}

/** What became of a target in one pass. */
export interface DeploymentStepReport {
  readonly target: string;
  readonly proposal: bigint;
  readonly version?: string;
  readonly step: 'applied' | 'clean' | 'corrected' | 'failed' | 'waiting' | 'refused';
  readonly code?: string;
  readonly reason?: string;
}

export type StepOutcome = Omit<DeploymentStepReport, 'target' | 'proposal'>;

/** One attempt at a target. `again`: what failed is tried, and drift looked for, at once, since a person asked. */
export interface Attempt {
  /** Block that the chain was read at. */
  readonly height: number;
  readonly again: boolean;
  readonly signal?: AbortSignal;
}
