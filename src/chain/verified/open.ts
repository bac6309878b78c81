import { join } from 'node:path';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { z } from 'zod';
import { Bug, type LogosError } from '../../system/errors.ts';
import type { Hash } from '../types.ts';
import { parseChainUrl } from '../url.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { hashSchema } from './codec.ts';
import { ask, type Endpoint, webSocketEndpoint } from './endpoint.ts';
import { checkpointInvalid, endpointsFailed, trustAnchorMissing } from './errors.ts';
import type { HeadSource } from './head.ts';
import type { OpenVerifiedOptions } from './index.ts';
import { LocalHeads } from './local-heads.ts';
import { ProvenHeads } from './proven-heads.ts';
import { VerifiedReader } from './reader.ts';
import { specificationCheckpoint } from './specification.ts';

const MAX_AGE_MS = 60_000;
const MAX_AHEAD_MS = 30_000;

/** The part of `openVerifiedReader` that loads polkadot.js. */
export async function openReader(options: OpenVerifiedOptions): Promise<VerifiedReader> {
  const { timeoutMs = 10_000, onRejected } = options;
  if (options.endpoints.length === 0) throw new Bug('A verified reader needs an endpoint.');
  const urls = options.endpoints.map(parseChainUrl);
  const endpoints = options.endpoints.map((url) => webSocketEndpoint(url, timeoutMs));
  // Hashing and signatures in WebAssembly take a tenth of the time.
  await cryptoWaitReady();
  try {
    const heads = await headsFor(options, endpoints, urls);
    return new VerifiedReader({ endpoints, heads, onRejected });
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
  // Whether a chain has finality proofs can't be left to an endpoint that is not this machine's.
  if (isLocal && !(await provesFinality(endpoints, options.onRejected))) {
    // A development chain keeps no time: it stands still between transactions, and runs ahead when there are many.
    const maxAgeMs = options.maxAgeMs ?? Number.POSITIVE_INFINITY;
    return new LocalHeads({ maxAgeMs, maxAheadMs: Number.POSITIVE_INFINITY, now: Date.now });
  }
  const given = await givenCheckpoint(options);
  const genesis = given?.genesis ?? (options.genesis === undefined ? undefined : genesisHash(options.genesis));
  if (genesis === undefined) throw trustAnchorMissing('neither the genesis hash nor the specification is known');
  const store = options.store === undefined ? undefined : join(options.store, `${genesis.slice(2, 34)}.json`);
  const freshness = { maxAgeMs: options.maxAgeMs ?? MAX_AGE_MS, maxAheadMs: MAX_AHEAD_MS, now: Date.now };
  return new ProvenHeads({ genesis, checkpoint: given, store }, freshness);
}

/** The block to trust that a file says: a checkpoint, or the genesis block of a specification. */
async function givenCheckpoint(options: OpenVerifiedOptions): Promise<Checkpoint | undefined> {
  const { checkpointFile, specification } = options;
  const ofSpecification = specification === undefined ? undefined : await specificationCheckpoint(specification);
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
