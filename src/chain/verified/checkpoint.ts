import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { BlockNumber, Hash } from '../types.ts';
import type { AuthoritySet } from './authorities.ts';
import { hashSchema } from './codec.ts';
import { checkpointInvalid } from './errors.ts';

/** A final block, and who may make those after it final. All that is verified later rests on it. */
export interface Checkpoint extends AuthoritySet {
  /** Genesis hash of the chain. */
  readonly genesis: Hash;
  readonly height: BlockNumber;
  readonly hash: Hash;
}

const decimal = z.string().regex(/^[0-9]{1,20}$/);
const schema = z.strictObject({
  genesis: hashSchema,
  height: z.number().int().min(0).max(0xffffffff),
  hash: hashSchema,
  setId: decimal.transform(BigInt),
  authorities: z
    .array(z.strictObject({ id: hashSchema, weight: decimal.transform(BigInt) }))
    .min(1)
    .max(10_000),
});

/**
 * Reads a checkpoint file; `undefined` when there is none.
 * Throws UserError `checkpoint-invalid` when it is damaged, or of another chain than `genesis` where that is known.
 */
export async function readCheckpoint(path: string, genesis: Hash | undefined): Promise<Checkpoint | undefined> {
  let found: Checkpoint | undefined;
  try {
    found = await readJson(path, schema);
  } catch (error) {
    if (error instanceof UserError) throw checkpointInvalid(path, 'it is damaged', error);
    throw error;
  }
  if (found !== undefined && genesis !== undefined && found.genesis !== genesis)
    throw checkpointInvalid(path, 'it is of another chain');
  return found;
}

/** Writes a checkpoint so that a crash leaves the old one or the new one. */
export function writeCheckpoint(
  path: string,
  { genesis, height, hash, setId, authorities }: Checkpoint,
): Promise<void> {
  return writeJson(path, {
    genesis,
    height,
    hash,
    setId: String(setId),
    authorities: authorities.map(({ id, weight }) => ({ id, weight: String(weight) })),
  });
}
