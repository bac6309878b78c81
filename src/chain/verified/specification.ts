import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { genesisHeader, headerHash } from '../dev/header.ts';
import { stateRootOf } from '../runtime-call.ts';
import { decodeAuthorities } from './authorities.ts';
import type { Checkpoint } from './checkpoint.ts';
import { toHash } from './codec.ts';
import { specificationUnusable } from './errors.ts';
import { GRANDPA_AUTHORITIES_KEY } from './storage-keys.ts';

const schema = z.object({ genesis: z.object({ raw: z.object({ top: z.record(z.string(), z.string()) }) }) });

/**
 * The checkpoint that a raw chain specification is: its genesis block, worked out from the state in it, and the authorities
 * that are in that state. Nodes forget the state of the genesis block; who has the file needs none of them.
 * Throws UserError `specification-unusable`.
 */
export async function specificationCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const { genesis: first } = schema.parse(JSON.parse(await readFile(path, 'utf8')));
    const state = new Map(Object.entries(first.raw.top).map(([key, value]) => [key.slice(2), bytesOf(value)]));
    const found = state.get(Buffer.from(GRANDPA_AUTHORITIES_KEY).toString('hex'));
    if (found === undefined) throw new RangeError('it names nobody who makes blocks final');
    const authorities = decodeAuthorities(found);
    const genesis = headerHash(genesisHeader(toHash(stateRootOf(state))));
    return { genesis, height: 0, hash: genesis, setId: 0n, authorities };
  } catch (cause) {
    throw specificationUnusable(
      path,
      cause instanceof z.ZodError ? 'it is not in raw form' : (cause as Error).message,
      cause,
    );
  }
}

/** The runtime alone has ten million digits: too many for a regular expression. What is wrong in them changes the hash. */
function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}
