import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import type { Json } from '../../system/journal.ts';
import type { Benchmark } from '../benchmark/run.ts';
import type { Inventory } from '../inventory/types.ts';

const figure = z.looseObject({
  score: z.number().nonnegative(),
  unit: z.string().max(32),
  share: z.number().nullable(),
  low: z.number().nonnegative(),
  state: z.enum(['stable', 'unstable']),
});

const claimSchema = z.looseObject({
  inventory: z.looseObject({ memory: z.looseObject({ usableMiB: z.number().nonnegative() }) }),
  benchmark: z.looseObject({
    threads: z.int().min(1).max(4_096),
    cpuSingle: figure,
    cpuAll: figure,
    memoryBandwidth: figure,
    diskWrite: figure,
    diskRead: figure,
    diskRandom: figure,
    gpu: figure.optional(),
  }),
});

/** What a machine says of itself: the very document whose digest it joined with. */
export interface Claim {
  readonly inventory: Pick<Inventory, 'memory'>;
  readonly benchmark: Benchmark;
  /** As `inventoryDigest` makes it; the chain has it from when the machine joined. */
  readonly digest: string;
}

/** Reads a claim that a machine sent. `undefined` for what is none. */
export function readClaim(document: unknown): Claim | undefined {
  const parsed = claimSchema.safeParse(document);
  if (!parsed.success) return undefined;
  const { inventory, benchmark } = parsed.data;
  try {
    const digest = sha256Hex(canonicalJson({ inventory, benchmark } as Json));
    return {
      inventory: inventory as unknown as Claim['inventory'],
      benchmark: benchmark as unknown as Benchmark,
      digest,
    };
  } catch {
    return undefined; // nested too deeply, say
  }
}
