import { WsProvider } from '@polkadot/rpc-provider';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { answerInvalid, chainNotLogos, chainUnreachable, oneLine } from '../errors.ts';
import { parseChainUrl } from '../url.ts';
import type { StoredBlock } from './database.ts';
import type { ChainSpecification } from './genesis.ts';
import { encodeHeader, headerHash } from './header.ts';
import { fromHex, type Hex, isHexBytes } from './hex.ts';
import { CHILD_PREFIX, State } from './state.ts';

const PAGE = 1_000;
/** A state of more keys than this does not fit the memory that an embedded chain is meant to take. */
const MAX_KEYS = 1_000_000;
const TIMEOUT_MS = 30_000;

const hex = z.custom<Hex>(isHexBytes, 'not hexadecimal');
const keyList = z.array(hex).max(PAGE);
const header = z.object({
  parentHash: hex,
  number: z.string().regex(/^0x[0-9a-f]+$/) as z.ZodType<Hex>,
  stateRoot: hex,
  extrinsicsRoot: hex,
  digest: z.object({ logs: z.array(hex) }),
});
const valueSets = z.tuple([z.object({ changes: z.array(z.tuple([hex, hex.nullable()])) })]);
const childValues = z.array(hex.nullable());
const version = z.object({ specName: z.string() });

/** A live chain as it was after its last final block. */
export interface Fork {
  specification: ChainSpecification;
  genesis: StoredBlock;
  head: StoredBlock;
  state: Map<Hex, Uint8Array>;
}

type Ask = <T>(method: string, params: readonly unknown[], answer: z.ZodType<T>) => Promise<T>;

/**
 * Copies the whole state of a live chain at its last final block. The copy is checked against the block's header, so the
 * chain that answers can leave nothing out. Throws UserError `chain-unreachable`, `chain-not-logos`, `chain-url-invalid`,
 * ExternalError `chain-answer-invalid`.
 */
export async function forkOf(url: string): Promise<Fork> {
  parseChainUrl(url);
  const provider = new WsProvider(url, false, {}, TIMEOUT_MS);
  try {
    await connected(provider, url);
    return await copy(url, async (method, params, answer) => {
      const parsed = answer.safeParse(await provider.send(method, [...params]));
      if (!parsed.success) throw answerInvalid(method, parsed.error);
      return parsed.data;
    });
  } finally {
    await provider.disconnect();
  }
}

async function connected(provider: WsProvider, url: string): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => {
    provider.on('error', (error: Error) => reject(chainUnreachable(url, oneLine(error.message ?? 'no answer'))));
    provider.on('disconnected', () => reject(chainUnreachable(url, 'the connection broke')));
  });
  failed.catch(() => {});
  await Promise.race([provider.connect().then(() => provider.isReady), failed]);
}

async function copy(url: string, ask: Ask): Promise<Fork> {
  const { specName } = await ask('state_getRuntimeVersion', [], version);
  if (specName !== 'logos') throw chainNotLogos(url, `it runs ${specName}`);
  const head = await blockAt(ask, await ask('chain_getFinalizedHead', [], hex));
  const genesis = await blockAt(ask, await ask('chain_getBlockHash', [0], hex));
  const state = await stateAt(ask, head.hash);
  if (State.of(state).hash !== head.stateRoot) {
    throw answerInvalid(`the state of block ${head.number}, whose header has another root`);
  }
  const specification = {
    name: `${await ask('system_chain', [], z.string())} (fork at ${head.number})`,
    properties: await ask('system_properties', [], z.record(z.string(), z.unknown())),
  };
  return { specification, genesis, head, state };
}

async function blockAt(ask: Ask, hash: Hex): Promise<StoredBlock & { stateRoot: Hex }> {
  const given = await ask('chain_getHeader', [hash], header);
  const encoded = encodeHeader(given);
  if (headerHash(encoded) !== hash) throw answerInvalid(`the header of block ${hash}`);
  return { number: Number(given.number), hash, header: encoded, extrinsics: [], stateRoot: given.stateRoot };
}

async function stateAt(ask: Ask, at: Hex): Promise<Map<Hex, Uint8Array>> {
  const state = new Map<Hex, Uint8Array>();
  const enter = (key: Hex, value: Hex | null | undefined): void => {
    if (typeof value === 'string') state.set(key, fromHex(value));
    if (state.size > MAX_KEYS) throw tooLarge();
  };
  for await (const keys of pages((after) => ask('state_getKeysPaged', ['0x', PAGE, after, at], keyList))) {
    const [{ changes }] = await ask('state_queryStorageAt', [keys, at], valueSets);
    for (const [key, value] of changes) if (!key.startsWith(CHILD_PREFIX)) enter(key, value);
    for (const trie of keys.filter((key) => key.startsWith(CHILD_PREFIX))) {
      for await (const inner of pages((after) =>
        ask('childstate_getKeysPaged', [trie, '0x', PAGE, after, at], keyList),
      )) {
        const values = await ask('childstate_getStorageEntries', [trie, inner, at], childValues);
        for (const [index, key] of inner.entries()) enter(`${trie}${key.slice(2)}` as Hex, values[index]);
      }
    }
  }
  return state;
}

async function* pages(read: (after: Hex | null) => Promise<Hex[]>): AsyncGenerator<Hex[]> {
  for (let after: Hex | null = null; ; ) {
    const keys: Hex[] = await read(after);
    if (keys.length > 0) yield keys;
    const last: Hex | undefined = keys.at(-1);
    if (keys.length < PAGE || last === undefined || last === after) return;
    after = last;
  }
}

function tooLarge(): UserError {
  return new UserError('fork-too-large', `The chain's state has more than ${MAX_KEYS} keys.`, {
    nextSteps: ['Run a native node of that chain instead: `logos chain node`.'],
  });
}
