import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { isRunning } from '../../system/process.ts';
import { SERVICE_NAMES } from '../definitions.ts';

const identity = z.object({ pid: z.int().positive(), startTime: z.string() });

const service = z.object({
  state: z.enum(['running', 'starting', 'stopped', 'failed']),
  /** Which definition the process was started with. */
  fingerprint: z.string(),
  /** Absent between deciding to start it and knowing its number, and while it is down. */
  identity: identity.optional(),
  restarts: z.int().min(0),
  since: z.string().optional(),
  /** How the last process ended, for people. */
  lastEnd: z.string().optional(),
});

const schema = z.object({
  version: z.literal(1),
  /** Process numbers mean nothing after a reboot: random(4), boot_id. */
  bootId: z.string(),
  /** Null once it ended on purpose, so that nobody starts it again. */
  supervisor: identity.nullable(),
  /** The groups that the first supervisor ran in: one that is started by a child goes back there. */
  cgroupProcs: z.array(z.string()),
  /** The revision of state/services.json that was taken up. */
  revision: z.int().min(0),
  services: z.partialRecord(z.enum(SERVICE_NAMES), service),
});

/** What the supervisor does now, in `run/services.json`. */
export type SupervisorRecord = z.infer<typeof schema>;
export type ServiceRecord = z.infer<typeof service>;

function recordFile(home: Home): string {
  return join(home.run, 'services.json');
}

/** The record, if there is one of this boot that can be read: what runs can be found without it, by its marks. */
export async function readRecord(home: Home): Promise<SupervisorRecord | undefined> {
  try {
    const record = await readJson(recordFile(home), schema);
    return record?.bootId === bootId() ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the record again only once another one lies there: each is written anew and renamed into place. */
export function recordReader(home: Home): () => Promise<SupervisorRecord | undefined> {
  let [stamp, record]: [string | undefined, SupervisorRecord | undefined] = [undefined, undefined];
  return async () => {
    const stat = statSync(recordFile(home), { bigint: true, throwIfNoEntry: false });
    const now = stat && `${stat.ino} ${stat.ctimeNs}`;
    if (now === undefined || now !== stamp) record = await readRecord(home);
    stamp = now;
    return record;
  };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/**
 * Written without a pause for other work, so that the record is never behind what was just done; not synced to disk,
 * because after a power cut none of these processes is there.
 */
export function writeRecord(home: Home, record: Omit<SupervisorRecord, 'version' | 'bootId'>): void {
  mkdirSync(home.run, { recursive: true, mode: 0o755 });
  const temporary = `${recordFile(home)}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ ...record, version: 1, bootId: bootId() })}\n`, { mode: 0o644 });
  renameSync(temporary, recordFile(home));
}

/** The supervisor's record when one is running now. */
export async function runningSupervisor(home: Home): Promise<SupervisorRecord | undefined> {
  const record = await readRecord(home);
  return record?.supervisor && (await isRunning(record.supervisor)) ? record : undefined;
}
