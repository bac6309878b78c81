import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Operation } from '../chain/index.ts';
import { readJson, writeJson } from '../system/files.ts';
import type { Json } from '../system/journal.ts';

/**
 * How far an operation is on this host: `claimed` on chain; `effect`: its effect was made (or failed for good) and the
 * outcome is on disk; `completed`: the chain has the outcome; `reverting`: the chain did not take it, and what was
 * started is being stopped; `reverted`.
 */
const phaseSchema = z.enum(['claimed', 'effect', 'completed', 'reverting', 'reverted']);
export type OperationPhase = z.output<typeof phaseSchema>;

const outcomeSchema = z.union([
  z.strictObject({ done: z.string(), result: z.json() }),
  z.strictObject({ failed: z.string(), code: z.string() }),
]);
/** `done`: SHA-256 of the canonical JSON of `result`. */
export type OperationOutcome = { done: string; result: Json } | { failed: string; code: string };

const recordSchema = z.strictObject({
  format: z.literal(1),
  genesis: z.string(),
  id: z.string().regex(/^[0-9]{1,20}$/),
  host: z.string(),
  kind: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('start-dvm'), name: z.string(), template: z.string() }),
    z.strictObject({ kind: z.literal('stop-dvm'), name: z.string() }),
    z.strictObject({ kind: z.literal('run'), operation: z.string(), library: z.string(), command: z.string() }),
  ]),
  requestedAt: z.number(),
  deadline: z.number(),
  phase: phaseSchema,
  outcome: outcomeSchema.optional(),
});

/** What this host knows of one operation; the file that holds it is replaced as a whole. */
export interface OperationRecord {
  readonly genesis: string;
  readonly operation: Pick<Operation, 'id' | 'host' | 'kind' | 'requestedAt' | 'deadline'>;
  readonly phase: OperationPhase;
  readonly outcome?: OperationOutcome;
}

export interface OperationStore {
  load(id: bigint): Promise<OperationRecord | undefined>;
  save(record: OperationRecord): Promise<void>;
  remove(id: bigint): Promise<void>;
  /** All records of one chain, by rising id. */
  list(genesis: string): Promise<OperationRecord[]>;
}

/** Opens the store in `directory`. A damaged record is put aside and counts as absent: the chain tells how far it was. */
export async function openOperationStore(directory: string): Promise<OperationStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pathOf = (id: bigint | string): string => join(directory, `${id}.json`);

  const read = async (id: bigint | string): Promise<OperationRecord | undefined> => {
    try {
      const kept = await readJson(pathOf(id), recordSchema);
      return kept && unpack(kept);
    } catch (error) {
      if (error instanceof Error && (error as NodeJS.ErrnoException).errno !== undefined) throw error;
      await rename(pathOf(id), join(directory, `${id}.damaged`));
      return undefined;
    }
  };

  return {
    load: read,
    async save({ genesis, operation, phase, outcome }) {
      const { id, host, kind, requestedAt, deadline } = operation;
      await writeJson(pathOf(id), {
        format: 1,
        genesis,
        id: `${id}`,
        host,
        kind,
        requestedAt,
        deadline,
        phase,
        outcome,
      });
    },
    remove: (id) => rm(pathOf(id), { force: true }),
    async list(genesis) {
      const names = (await readdir(directory)).filter((name) => /^[0-9]{1,20}\.json$/.test(name));
      const records = await Promise.all(names.map((name) => read(name.slice(0, -'.json'.length))));
      return records
        .flatMap((record) => (record?.genesis === genesis ? [record] : []))
        .sort((a, b) => (a.operation.id < b.operation.id ? -1 : 1));
    },
  };
}

/** Reads one record without touching anything; a damaged one counts as absent. */
export async function readOperation(directory: string, id: string): Promise<OperationRecord | undefined> {
  try {
    const kept = await readJson(join(directory, `${id}.json`), recordSchema);
    return kept && unpack(kept);
  } catch {
    return undefined;
  }
}

function unpack(kept: z.output<typeof recordSchema>): OperationRecord {
  const { genesis, host, kind, requestedAt, deadline, phase } = kept;
  const operation = { id: BigInt(kept.id), host, kind, requestedAt, deadline };
  return { genesis, operation, phase, outcome: kept.outcome as OperationOutcome | undefined };
}
