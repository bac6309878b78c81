import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { asset, assetText } from '../../system/assets.ts';
import type { StoredBlock } from './database.ts';
import { genesisHeader, headerHash } from './header.ts';
import { fromHex, type Hex } from './hex.ts';
import { State } from './state.ts';

/** `:code`, where the runtime lives. */
export const CODE_KEY: Hex = '0x3a636f6465';

const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/.test(value));
const specification = z.object({
  name: z.string(),
  chainType: z.string(),
  properties: z.record(z.string(), z.unknown()),
  genesis: z.object({ raw: z.object({ top: z.record(hex, hex) }) }),
});

export interface ChainSpecification {
  name: string;
  properties: Readonly<Record<string, unknown>>;
}

/** Reads a specification as JSON has it. */
export function parseSpecification(text: string): ChainSpecification {
  return specification.pick({ name: true, properties: true }).parse(JSON.parse(text));
}

/** What is said of the chain besides its state: the name and how balances are written. */
export function builtInSpecification(): ChainSpecification {
  return specification.parse(JSON.parse(assetText('chain/artifacts/genesis-dev.json')));
}

/** The runtime that this program carries. */
export function builtInCode(): Uint8Array {
  return gunzipSync(asset('chain/artifacts/logos-runtime.wasm.gz'));
}

/** The built-in genesis: the same state, and so the same hash, that a native node starts from. */
export function builtInGenesis(): { block: StoredBlock; state: Map<Hex, Uint8Array> } {
  const { genesis } = specification.parse(JSON.parse(assetText('chain/artifacts/genesis-dev.json')));
  const entries = Object.entries(genesis.raw.top) as [Hex, Hex][];
  const state = new Map<Hex, Uint8Array>(entries.map(([key, value]) => [key, fromHex(value)]));
  state.set(CODE_KEY, builtInCode());
  const header = genesisHeader(State.of(state).hash);
  return { block: { number: 0, hash: headerHash(header), header, extrinsics: [] }, state };
}
