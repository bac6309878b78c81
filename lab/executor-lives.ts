import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { Connection } from '../src/chain/client/connection.ts';
import { RegionContract } from '../src/chain/client/region-contract.ts';
import { TransactionQueue } from '../src/chain/client/transactions.ts';
import { openOutbox } from '../src/gatekeeper/outbox/index.ts';
import { nativeRequest } from '../src/gatekeeper/request.ts';
import { admitHosts } from './admitted-hosts.ts';

const CHILD = join(import.meta.dirname, 'executor-child.ts');
/** Requests for one host: the contract takes 64 open operations of each. */
const EACH = 62;
/** When an executor is killed: so many milliseconds at most after it settled so many requests. */
const KILL_WITHIN_MS = 400;

export interface LivesOptions {
  /** Of a development chain. */
  url: string;
  /** For the outbox. */
  directory: string;
  requests: number;
  /** How often the executor is killed before it is left to end. */
  kills: number;
}

export interface LivesReport {
  requests: number;
  /** Times that the executor was killed while it was sending. */
  kills: number;
  /** Requests that waited in the outbox when each life began. */
  waiting: number[];
  /** What the last life was refused. */
  refused: string[];
  /** Requests that no operation of the contract is of, and operations beyond the first of a request. */
  lost: number;
  doubled: number;
  /** Operations that are of no request. */
  foreign: number;
  /** Requests that the outbox still has. */
  left: number;
  /** From the first life's start to the last one's end. */
  seconds: number;
}

/** Queues requests, kills the executor that sends them again and again with SIGKILL, and counts what is on chain in the end. */
export async function killedLives({ url, directory, requests, kills }: LivesOptions): Promise<LivesReport> {
  const hosts = await admitHosts(url, Math.ceil(requests / EACH));
  const connection = await Connection.open(url, 60_000);
  try {
    const wanted = await queue(directory, connection.api.genesisHash.toHex(), hosts, requests);
    const report = { kills: 0, waiting: [] as number[], refused: [] as string[] };
    const began = performance.now();
    for (let life = 1; ; life += 1) {
      report.waiting.push(await sizeOf(directory));
      // At a moment that nobody chose, before, while and after a batch of its is on its way.
      const killAfter = life > kills ? undefined : Math.floor((Math.random() * requests * 1.5) / kills);
      const end = await live([directory, url, ...hosts], killAfter);
      if (end.killed) {
        report.kills += 1;
        continue;
      }
      if (end.refused === undefined) throw new Error('the executor ended without a word');
      report.refused = end.refused;
      break;
    }
    const seconds = (performance.now() - began) / 1_000;
    const found = await operationsOf(connection, hosts);
    const ids = new Set(found);
    return {
      requests,
      ...report,
      lost: [...wanted].filter((id) => !ids.has(id)).length,
      doubled: found.length - ids.size,
      foreign: [...ids].filter((id) => !wanted.has(id)).length,
      left: await sizeOf(directory),
      seconds,
    };
  } finally {
    await connection.close();
  }
}

async function queue(directory: string, genesis: string, hosts: string[], count: number): Promise<Set<string>> {
  const outbox = await openOutbox(directory);
  const all = Array.from({ length: count }, (_, number) => {
    const host = hosts[Math.floor(number / EACH)] ?? '';
    const operation = { kind: 'stop-dvm', name: `guest-${number}` };
    const payload = { host, operation, deadlineBlocks: 800_000 };
    const origin = { source: 'command', uid: 0 } as const;
    return nativeRequest({ kind: 'request-operation', payload, origin }, { account: host, genesis });
  });
  await Promise.all(all.map((request) => outbox.put(request, Date.now())));
  outbox.close();
  return new Set(all.map(({ id }) => id));
}

async function sizeOf(directory: string): Promise<number> {
  const outbox = await openOutbox(directory);
  const { size } = outbox;
  outbox.close();
  return size;
}

/** Lets an executor work until it ends, or until some moment after it settled so many requests. */
async function live(args: string[], killAfter: number | undefined): Promise<{ killed: boolean; refused?: string[] }> {
  const child = fork(CHILD, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let timer: NodeJS.Timeout | undefined;
  let refused: string[] | undefined;
  let settled = 0;
  child.on('message', (message: 'sending' | 'settled' | { refused: string[] }) => {
    if (typeof message === 'object') refused = message.refused;
    else if (message === 'settled') settled += 1;
    if (killAfter === undefined || settled < killAfter) return;
    timer ??= setTimeout(() => child.kill('SIGKILL'), Math.random() * KILL_WITHIN_MS);
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, by) => resolve(by)));
  clearTimeout(timer);
  return { killed: signal === 'SIGKILL', refused };
}

const page = z.array(z.object({ requestId: z.string(), kind: z.record(z.string(), z.unknown()) }));

/** The request of every operation that the hosts were asked for, but those that the contract itself asks a new host for. */
async function operationsOf(connection: Connection, hosts: readonly string[]): Promise<string[]> {
  const place = { region: 'local', kind: 'Operation', section: 'compute-section-1' } as const;
  const contract = new RegionContract(connection, new TransactionQueue(connection), 'operation', place);
  const found: string[] = [];
  for (const host of hosts) {
    for (let from = 0; ; from += 64) {
      const operations = await contract.ask('operations_of', [host, from, 64], page);
      found.push(...operations.filter(({ kind }) => 'stopDvm' in kind).map(({ requestId }) => requestId.slice(2)));
      if (operations.length < 64) break;
    }
  }
  return found;
}
