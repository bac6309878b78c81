import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { sha256Hex } from '../../system/canonical.ts';
import { isErrno, readJson, writeJson } from '../../system/files.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const stepSchema = z.strictObject({
  name: z.string(),
  /** `begun` stays where a crash broke it off. */
  state: z.enum(['begun', 'done', 'failed']),
  exitCode: z.number().optional(),
  /** SHA-256 of what it printed. */
  log: hash.optional(),
});
export type StepRecord = z.output<typeof stepSchema>;

const driftSchema = z.strictObject({
  /** Milliseconds since 1970. */
  at: z.number(),
  state: z.enum(['clean', 'drifted', 'unknown']),
  /** Steps that had drifted. */
  steps: z.array(z.string()),
  /** How often drift was found and corrected since it was applied. */
  corrected: z.int(),
});

const schema = z.strictObject({
  format: z.literal(1),
  genesis: z.string(),
  target: z.string(),
  /** Number of the proposal on chain. */
  proposal: z.string().regex(/^[0-9]{1,20}$/),
  closure: hash,
  version: z.string(),
  /** `refused`: nothing of it was run. */
  phase: z.enum(['running', 'applied', 'failed', 'refused']),
  steps: z.array(stepSchema),
  failure: z.strictObject({ code: z.string(), reason: z.string(), at: z.number() }).optional(),
  /** SHA-256 of the report on what was done. */
  report: hash.optional(),
  /** `sent`: this host told the chain; `other`: it need not, or may not. */
  told: z.enum(['no', 'sent', 'other']),
  appliedAt: z.number().optional(),
  drift: driftSchema.optional(),
});
/** Steps that may not be repeated, as far as they came: kept for good, whatever else the target had since. */
const onceSchema = z.strictObject({ format: z.literal(1), steps: z.array(stepSchema) });

/** How far a host is with what its target is to have. */
export type DeploymentRecord = z.output<typeof schema>;

const seenSchema = z.strictObject({
  format: z.literal(1),
  genesis: z.string(),
  height: z.int(),
  open: z.string(),
  targets: z.array(z.string()),
});

/** How far a host has read the chain. */
export interface Seen {
  /** The newest block that was read. */
  readonly height: number;
  /** The first proposal that could still change then. */
  readonly open: bigint;
  /** Targets of this host that had a proposal by then. */
  readonly targets: readonly string[];
}

export type OnceKey = Pick<DeploymentRecord, 'genesis' | 'target' | 'closure'>;

/** What a host did for each target, on disk; each file is replaced as a whole. */
export interface DeploymentRecords {
  /** What is known of this closure for a target: of the one that was run last, or the one that was refused last. */
  load(target: string, closure: string): Promise<DeploymentRecord | undefined>;
  /** One that was refused leaves the one that was run as it is. */
  save(record: DeploymentRecord): Promise<void>;
  /**
   * How far the steps of a closure came that may not be repeated, on this host, ever. Throws when that can't be read: it is not
   * taken for nothing.
   */
  once(of: OnceKey): Promise<readonly StepRecord[]>;
  saveOnce(of: OnceKey, steps: readonly StepRecord[]): Promise<void>;
  /** What was run or refused last, of one chain. */
  list(genesis: string): Promise<DeploymentRecord[]>;
  seen(genesis: string): Promise<Seen>;
  saveSeen(genesis: string, seen: Seen): Promise<void>;
  /** Removes what other closures of a target left: their files and logs. */
  prune(target: string, closure: string): Promise<void>;
  /** Where a closure is laid out and its logs are kept. */
  workDirectory(target: string, closure: string): string;
}

const REFUSED = 'refused.json';

/** Opens the records in `directory`. A damaged one is put aside and counts as absent: the steps are then run again. */
export async function openDeploymentRecords(directory: string): Promise<DeploymentRecords> {
  for (const name of ['targets', 'once']) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  const idOf = (target: string) => sha256Hex(target).slice(0, 32);
  const pathOf = (target: string, ending = 'json') => join(directory, 'targets', `${idOf(target)}.${ending}`);
  const workDirectory = (target: string, closure: string) =>
    join(directory, 'work', idOf(target), closure.slice(0, 32));
  const oncePath = ({ genesis, target, closure }: OnceKey) =>
    join(directory, 'once', `${sha256Hex(JSON.stringify([genesis, target, closure])).slice(0, 32)}.json`);
  const seenPath = join(directory, 'seen.json');

  const read = async (path: string): Promise<DeploymentRecord | undefined> => {
    try {
      return await readJson(path, schema);
    } catch (error) {
      if (isErrno(error, 'EACCES') || isErrno(error, 'EIO')) throw error;
      await rename(path, `${path}.damaged`);
      return undefined;
    }
  };

  return {
    async load(target, closure) {
      const [run, refused] = [await read(pathOf(target)), await read(pathOf(target, REFUSED))];
      return [run, refused].find((record) => record?.closure === closure);
    },
    save: (record) =>
      writeJson(pathOf(record.target, record.phase === 'refused' ? REFUSED : 'json'), schema.parse(record)),
    once: async (of) => (await readJson(oncePath(of), onceSchema))?.steps ?? [],
    saveOnce: (of, steps) => writeJson(oncePath(of), onceSchema.parse({ format: 1, steps: [...steps] })),
    async list(genesis) {
      const names = (await readdir(join(directory, 'targets'))).filter((name) => name.endsWith('.json'));
      const records = await Promise.all(names.toSorted().map((name) => read(join(directory, 'targets', name))));
      return records.filter((record) => record?.genesis === genesis) as DeploymentRecord[];
    },
    async seen(genesis) {
      const seen = await readJson(seenPath, seenSchema);
      if (seen?.genesis !== genesis) return { height: 0, open: 1n, targets: [] };
      return { height: seen.height, open: BigInt(seen.open), targets: seen.targets };
    },
    saveSeen: (genesis, { height, open, targets }) =>
      writeJson(seenPath, { format: 1, genesis, height, open: `${open}`, targets }),
    async prune(target, closure) {
      const kept = basename(workDirectory(target, closure));
      const parent = dirname(workDirectory(target, closure));
      for (const name of await readdir(parent).catch(() => []))
        if (name !== kept) await rm(join(parent, name), { recursive: true, force: true });
    },
    workDirectory,
  };
}
