import { join } from 'node:path';
import { z } from 'zod';
import { Bug, type LogosError } from '../../system/errors.ts';
import { readIfPresent } from '../../system/files.ts';
import type { Hash } from '../types.ts';
import { parseChainUrl } from '../url.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { hashSchema } from './codec.ts';
import { ask, type Endpoint, webSocketEndpoint } from './endpoint.ts';
import { checkpointInvalid, endpointsFailed, trustAnchorMissing } from './errors.ts';
import { hashesReady } from './hashes.ts';
import type { HeadSource } from './head.ts';
import type { OpenVerifiedOptions } from './index.ts';
import { LocalHeads } from './local-heads.ts';
import { ProvenHeads } from './proven-heads.ts';
import { VerifiedReader } from './reader.ts';

const MAX_AGE_MS = 60_000;
const MAX_AHEAD_MS = 30_000;

/** The part of `openVerifiedReader` that loads what reading takes. */
export async function openReader(options: OpenVerifiedOptions): Promise<VerifiedReader> {
  const { timeoutMs = 10_000, onRejected } = options;
  if (options.endpoints.length === 0) throw new Bug('A verified reader needs an endpoint.');
  const urls = options.endpoints.map(parseChainUrl);
  const endpoints = options.endpoints.map((url) => webSocketEndpoint(url, timeoutMs));
  await hashesReady();
  try {
    const heads = await headsFor(options, endpoints, urls);
    return new VerifiedReader({ endpoints, heads, onRejected, refreshMs: options.refreshMs });
  } catch (error) {
    for (const endpoint of endpoints) await endpoint.close().catch(() => {});
    throw error;
  }
}

async function headsFor(
  options: OpenVerifiedOptions,
  endpoints: readonly Endpoint[],
  urls: readonly URL[],
): Promise<HeadSource> {
  const isLocal = urls.every(({ hostname }) => isLoopback(hostname));
  const given = await givenCheckpoint(options);
  const genesis = given?.genesis ?? (options.genesis === undefined ? undefined : genesisHash(options.genesis));
  const fileOf = (name: string): string | undefined =>
    options.store === undefined || genesis === undefined
      ? undefined
      : join(options.store, `${genesis.slice(2, 34)}${name}.json`);
  const store = fileOf('');
  const proves =
    options.trust === 'finality' ||
    given !== undefined ||
    // Whether a chain has finality proofs can't be left to an endpoint that is not this machine's.
    !isLocal ||
    // Nor to one that gave them before.
    (store !== undefined && (await readIfPresent(store)) !== undefined) ||
    (options.trust === undefined && (await provesFinality(endpoints, options.onRejected)));
  if (!proves) {
    // A development chain keeps no time: it stands still between transactions, and runs ahead when there are many.
    const maxAgeMs = options.maxAgeMs ?? Number.POSITIVE_INFINITY;
    const freshness = { maxAgeMs, maxAheadMs: Number.POSITIVE_INFINITY, now: Date.now };
    // One that is only looked at may begin anew between two looks.
    return new LocalHeads(freshness, { genesis, store: options.trust === 'local' ? fileOf('-local') : undefined });
  }
  if (genesis === undefined) throw trustAnchorMissing('neither the genesis hash nor the specification is known');
  const freshness = { maxAgeMs: options.maxAgeMs ?? MAX_AGE_MS, maxAheadMs: MAX_AHEAD_MS, now: Date.now };
  return new ProvenHeads({ genesis, checkpoint: given, store }, freshness);
}

/** The block to trust that a file says: a checkpoint, or the genesis block of a specification. */
async function givenCheckpoint(options: OpenVerifiedOptions): Promise<Checkpoint | undefined> {
  const { checkpointFile, specification } = options;
  const ofSpecification = specification === undefined ? undefined : await ofFile(specification);
  const genesis = options.genesis === undefined ? ofSpecification?.genesis : genesisHash(options.genesis);
  if (ofSpecification !== undefined && ofSpecification.genesis !== genesis) {
    throw trustAnchorMissing(`${specification} is of another chain than the genesis hash ${genesis}`);
  }
  if (checkpointFile === undefined) return ofSpecification;
  const checkpoint = await readCheckpoint(checkpointFile, genesis);
  if (checkpoint === undefined) throw checkpointInvalid(checkpointFile, 'there is none');
  return checkpoint;
}

/** Whether the chain of the first endpoint that answers has finality proofs. */
async function provesFinality(
  endpoints: readonly Endpoint[],
  onRejected: OpenVerifiedOptions['onRejected'],
): Promise<boolean> {
  const errors: LogosError[] = [];
  for (const endpoint of endpoints) {
    try {
      const { methods } = await ask(endpoint, 'rpc_methods', [], z.object({ methods: z.array(z.string()) }));
      return methods.includes('grandpa_proveFinality');
    } catch (error) {
      errors.push(error as LogosError);
      onRejected?.(error as LogosError);
    }
  }
  throw endpointsFailed(errors);
}

function genesisHash(text: string): Hash {
  const hash = hashSchema.safeParse(text);
  if (!hash.success) throw trustAnchorMissing(`${JSON.stringify(text.slice(0, 80))} is no genesis hash`);
  return hash.data;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}

/** Working out a state root loads the trie of the embedded chain. */
async function ofFile(specification: string): Promise<Checkpoint> {
  const { specificationCheckpoint } = await import('./specification.ts');
  return specificationCheckpoint(specification);
}
