import { LogosError } from '../../system/errors.ts';
import type { BlockNumber, Hash } from '../types.ts';
import { decodeAuthorities, HandOverUnsupported, setAfter } from './authorities.ts';
import type { Checkpoint } from './checkpoint.ts';
import { bytesSchema, hashSchema } from './codec.ts';
import { ask, askLatest, type Endpoint } from './endpoint.ts';
import { checkpointTooOld, endpointUnusable, finalityInvalid, headBehind, otherChain } from './errors.ts';
import { splitFinalityProof } from './finality-proof.ts';
import { type CheckedHeader, headerFromRpc } from './header.ts';
import { JustificationInvalid, verifyJustification } from './justification.ts';
import { readStorage } from './state-proof.ts';
import { GRANDPA_AUTHORITIES_KEY } from './storage-keys.ts';

/** A head that was proven final, and the checkpoint that it makes. */
export interface Advance {
  readonly checkpoint: Checkpoint;
  readonly header: CheckedHeader;
}

/** A justification, and the height that its block must have at least. */
interface Proof {
  readonly justification: Uint8Array;
  readonly atLeast: BlockNumber;
}

const JUSTIFICATIONS = { notices: 'grandpa_justifications', begin: 'grandpa_subscribeJustifications' };
/** More changes of authorities than that since the checkpoint: somebody plays for time. */
const MAX_HAND_OVERS = 100_000;

/** Throws ExternalError `endpoint-other-chain` when the endpoint is not of the chain with this genesis block. */
export async function checkChain(endpoint: Endpoint, genesis: Hash): Promise<void> {
  const found = await ask(endpoint, 'chain_getBlockHash', [0], hashSchema);
  if (found !== genesis) throw otherChain(endpoint.name, genesis, found);
}

/** The checkpoint that a genesis hash is: its authorities are read from the genesis state, with proof. */
export async function genesisCheckpoint(endpoint: Endpoint, genesis: Hash): Promise<Checkpoint> {
  const header = await headerOf(endpoint, genesis);
  if (header.height !== 0) throw otherChain(endpoint.name, genesis, `the one of block ${header.height}`);
  const [found] = await readStorage(endpoint, header, [GRANDPA_AUTHORITIES_KEY]).catch((cause: LogosError) => {
    if (cause.code !== 'endpoint-unusable') throw cause;
    const why = 'it does not keep the state of the genesis block (--spec FILE or --checkpoint FILE takes its place)';
    throw endpointUnusable(endpoint.name, why, cause);
  });
  try {
    return { genesis, height: 0, hash: genesis, setId: 0n, authorities: decodeAuthorities(found ?? new Uint8Array()) };
  } catch (cause) {
    throw endpointUnusable(endpoint.name, 'its chain began without authorities that make blocks final', cause);
  }
}

/**
 * Follows finality from a checkpoint to the endpoint's last final block. Each hand-over of authorities is proven by the
 * set before it. An endpoint that is behind the checkpoint gives the checkpoint's own block.
 * Throws ExternalError `finality-invalid`, `checkpoint-too-old` or `endpoint-unusable`.
 */
export async function followFinality(endpoint: Endpoint, from: Checkpoint): Promise<Advance> {
  const last = await headerOf(endpoint, await ask(endpoint, 'chain_getFinalizedHead', [], hashSchema));
  if (last.height < from.height) return atCheckpoint(endpoint, from, last.height);
  if (last.height === from.height) {
    if (last.hash !== from.hash)
      throw finalityInvalid(endpoint.name, `block ${last.height} is not the one known as final`);
    return { checkpoint: from, header: last };
  }
  const latest = await proofOfLast(endpoint, last.height);
  let checkpoint = from;
  for (let count = 0; count < MAX_HAND_OVERS; count += 1) {
    try {
      const reached = await advance(endpoint, checkpoint, latest);
      const isNew = reached.header.height > from.height;
      return isNew ? reached : { checkpoint: from, header: await headerOf(endpoint, from.hash) };
    } catch (error) {
      if (!(error instanceof JustificationInvalid && error.otherSet)) throw told(endpoint, error);
    }
    checkpoint = await handOver(endpoint, checkpoint);
  }
  throw finalityInvalid(endpoint.name, 'its hand-overs of authorities have no end');
}

/** A node may be a few blocks behind another one, and have the checkpoint's block all the same. */
async function atCheckpoint(endpoint: Endpoint, from: Checkpoint, height: BlockNumber): Promise<Advance> {
  try {
    return { checkpoint: from, header: await headerOf(endpoint, from.hash) };
  } catch (error) {
    if (error instanceof LogosError && error.code === 'endpoint-unusable') {
      throw headBehind(endpoint.name, height, from.height);
    }
    throw error;
  }
}

/** The last block of the checkpoint's authorities, who say in it who comes after them. */
async function handOver(endpoint: Endpoint, from: Checkpoint): Promise<Checkpoint> {
  const atLeast = from.height + 1;
  try {
    const { checkpoint } = await advance(endpoint, from, { justification: await prove(endpoint, atLeast), atLeast });
    if (checkpoint.setId !== from.setId) return checkpoint;
  } catch (error) {
    throw told(endpoint, error);
  }
  throw finalityInvalid(endpoint.name, 'nobody handed over to those who sign its last block');
}

/** The justification for block `height`: in an old set that of its last block, in the present one that of the last final. */
async function prove(endpoint: Endpoint, height: BlockNumber): Promise<Uint8Array> {
  const proof = await ask(endpoint, 'grandpa_proveFinality', [height], bytesSchema);
  try {
    return splitFinalityProof(proof);
  } catch (error) {
    throw told(endpoint, error);
  }
}

/**
 * A justification for the last final block. Before the first hand-over a node gives none when it is asked: then the last
 * one that it told of is taken, or the next one, which comes with the next block.
 */
async function proofOfLast(endpoint: Endpoint, height: BlockNumber): Promise<Proof> {
  try {
    return { justification: await prove(endpoint, height), atLeast: height };
  } catch (error) {
    if (!(error instanceof LogosError) || error.code !== 'endpoint-unusable') throw error;
    return { justification: await askLatest(endpoint, JUSTIFICATIONS, bytesSchema), atLeast: 0 };
  }
}

/** Checks a justification with the checkpoint's authorities: the checkpoint that its block makes. */
async function advance(endpoint: Endpoint, from: Checkpoint, { justification, atLeast }: Proof): Promise<Advance> {
  const final = verifyJustification(justification, from);
  if (final.height < atLeast)
    throw new JustificationInvalid(`it is for block ${final.height}, not ${atLeast} or later`);
  const header = await headerOf(endpoint, final.hash);
  if (header.height !== final.height) throw new JustificationInvalid('its block has another height');
  const { setId, authorities } = setAfter(header, from);
  const { height, hash } = header;
  return { checkpoint: { genesis: from.genesis, height, hash, setId, authorities }, header };
}

/** The header of a block, whose hash it must have. */
export async function headerOf(endpoint: Endpoint, hash: Hash): Promise<CheckedHeader> {
  const header = await ask(endpoint, 'chain_getHeader', [hash], { parse: headerFromRpc });
  if (header.hash !== hash) throw finalityInvalid(endpoint.name, `the header of block ${hash} has another hash`);
  return header;
}

function told(endpoint: Endpoint, error: unknown): unknown {
  if (error instanceof JustificationInvalid) return finalityInvalid(endpoint.name, error.message, error);
  if (error instanceof HandOverUnsupported) return checkpointTooOld(endpoint.name, error.message, error);
  return error;
}
