import type { Detail } from '../system/progress.ts';

/** Something that happened in the gatekeeper, for the service's event list. */
export interface GatekeeperEvent {
  readonly level: 'info' | 'warning' | 'error';
  readonly code: string;
  readonly message: string;
  readonly detail?: Detail;
}

export type GatekeeperLog = (event: GatekeeperEvent) => void;
