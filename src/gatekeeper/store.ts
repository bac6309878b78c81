import { join } from 'node:path';
import type { Home } from '../system/home.ts';
import { type CommandStore, openCommandStore } from './native/command-store.ts';
import { type OperationStore, openOperationStore } from './operation-store.ts';
import { type Outbox, openOutbox } from './outbox/index.ts';
import { openRequestLog, type RequestLog, type RequestRecord, readRequestLog, type Totals } from './request-log.ts';

/** What a gatekeeper keeps on disk, below `home.gatekeeper`. One process has it open at a time: the service. */
export interface GatekeeperStore {
  readonly outbox: Outbox;
  readonly operations: OperationStore;
  readonly requests: RequestLog;
  readonly commands: CommandStore;
  /** Ends the use of what is kept open. */
  close(): void;
}

export async function openGatekeeperStore(home: Pick<Home, 'gatekeeper'>): Promise<GatekeeperStore> {
  const outbox = await openOutbox(home.gatekeeper);
  return {
    outbox,
    operations: await openOperationStore(join(home.gatekeeper, 'operations')),
    requests: await openRequestLog(join(home.gatekeeper, 'requests.jsonl')),
    commands: await openCommandStore(join(home.gatekeeper, 'commands')),
    close: () => outbox.close(),
  };
}

/** What was recorded of requests, without touching anything: the service may be at work. Newest first. */
export async function readRequests(
  home: Pick<Home, 'gatekeeper'>,
  count: number,
): Promise<{ totals: Totals; recent: RequestRecord[] }> {
  const log = await readRequestLog(join(home.gatekeeper, 'requests.jsonl'));
  return { totals: log.totals(), recent: log.recent(count) };
}
