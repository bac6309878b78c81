import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readIfPresent, writeFileAtomic } from '../system/files.ts';
import { STAGES } from './receipt.ts';
import { originSchema } from './request.ts';

/** What is needed to judge a request once more. */
const keptSchema = z.object({
  payload: z.json(),
  origin: originSchema,
  nonce: z.string(),
  expires: z.number().optional(),
});

const recordSchema = z.object({
  id: z.string(),
  kind: z.string(),
  source: z.enum(['command', 'api', 'chain']),
  stage: z.enum(STAGES),
  outcome: z.enum(['accepted', 'refused', 'failed', 'pending']),
  code: z.string().optional(),
  reason: z.string().optional(),
  transaction: z.string().optional(),
  block: z.string().optional(),
  height: z.number().optional(),
  /** Whose checks it went through. */
  domain: z.enum(['drn', 'dvci', 'w3bi', 'deployment']).optional(),
  /** The operation that it opened, claimed or reported on. */
  operation: z.string().optional(),
  proposal: z.string().optional(),
  lease: z.string().optional(),
  /** Wall time of each stage it went through, in milliseconds. */
  timings: z.partialRecord(z.enum(STAGES), z.number()),
  ms: z.number(),
  /** ISO 8601. */
  at: z.string(),
});
/** One attempt at a request, as `logos gatekeeper requests` shows it. */
export type RequestRecord = z.output<typeof recordSchema>;

const keptRecordSchema = recordSchema.extend({ request: keptSchema.optional() });
/** The same with the request itself, where it was small enough to keep. It may hold secrets. */
export type KeptRecord = z.output<typeof keptRecordSchema>;

const totalsSchema = z.object({ accepted: z.number(), refused: z.number(), failed: z.number() });
/** Settled requests since this host joined. */
export type Totals = z.output<typeof totalsSchema>;

export interface RequestHistory {
  totals(): Totals;
  /** The newest `count` records, newest first. */
  recent(count: number): RequestRecord[];
  /** All attempts at requests whose id begins with `prefix`, oldest first, with what they said. */
  attempts(prefix: string): KeptRecord[];
  /** All attempts at requests about an operation, oldest first. */
  about(operation: string): RequestRecord[];
}

export interface RequestLog extends RequestHistory {
  append(record: KeptRecord): Promise<void>;
}

/** Reads a log that another process writes. */
export async function readRequestLog(path: string): Promise<RequestHistory> {
  return historyOf(readLines((await readIfPresent(path)) ?? ''));
}

/**
 * The bounded record of requests: JSON lines, never more than twice `keep` of them. The first line carries the totals of
 * the lines that were dropped. It is for people; nothing is decided by it, so it is appended without a sync.
 */
export async function openRequestLog(path: string, keep = 1_000): Promise<RequestLog> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = (await readIfPresent(path)) ?? '';
  const { dropped, records } = readLines(text);
  // A line that a crash tore must not swallow the next one.
  let separator = text === '' || text.endsWith('\n') ? '' : '\n';
  let written = records.length;
  let queue: Promise<unknown> = Promise.resolve();

  const compact = async (): Promise<void> => {
    while (records.length > keep) count(dropped, records.shift());
    const lines = [{ totals: dropped }, ...records].map((line) => `${JSON.stringify(line)}\n`);
    await writeFileAtomic(path, lines.join(''));
    written = records.length;
  };

  return {
    append(record) {
      records.push(record);
      const work = queue.then(async () => {
        written += 1;
        if (written > 2 * keep) return compact();
        await appendFile(path, `${separator}${JSON.stringify(record)}\n`, { mode: 0o600 });
        separator = '';
      });
      queue = work.catch(() => {});
      return work;
    },
    ...historyOf({ dropped, records }),
  };
}

interface Lines {
  /** Totals of the records that are no longer in the file. */
  dropped: Totals;
  records: KeptRecord[];
}

function historyOf({ dropped, records }: Lines): RequestHistory {
  return {
    totals() {
      const totals = { ...dropped };
      for (const record of records) count(totals, record);
      return totals;
    },
    recent: (wanted) => records.slice(-wanted).reverse().map(withoutRequest),
    attempts: (prefix) => records.filter(({ id }) => id.startsWith(prefix)),
    about: (wanted) => records.filter(({ operation }) => operation === wanted).map(withoutRequest),
  };
}

function withoutRequest({ request: _, ...record }: KeptRecord): RequestRecord {
  return record;
}

function count(totals: Totals, record: RequestRecord | undefined): void {
  if (record !== undefined && record.outcome !== 'pending') totals[record.outcome] += 1;
}

/** A torn line (a crash while it was appended) is passed over. */
function readLines(text: string): Lines {
  let dropped: Totals = { accepted: 0, refused: 0, failed: 0 };
  const records: KeptRecord[] = [];
  for (const line of text.split('\n')) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    const record = keptRecordSchema.safeParse(value);
    if (record.success) records.push(record.data);
    else {
      const totals = z.object({ totals: totalsSchema }).safeParse(value);
      if (totals.success) dropped = totals.data.totals;
    }
  }
  return { dropped, records };
}
