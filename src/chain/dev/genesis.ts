import { gunzipSync } from 'node:zlib';
import { calculate_state_root as calculateStateRoot } from '@acala-network/chopsticks-executor';
import { z } from 'zod';
import { asset, assetText } from '../../system/assets.ts';
import type { StoredBlock } from './database.ts';
import { genesisHeader, headerHash } from './header.ts';
import { type Hex, toHex } from './hex.ts';

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

/** What is said of the chain besides its state: the name and how balances are written. */
export function builtInSpecification(): ChainSpecification {
  return specification.parse(JSON.parse(assetText('chain/artifacts/genesis-dev.json')));
}

/** The built-in genesis: the same state, and so the same hash, that a native node starts from. */
export async function builtInGenesis(): Promise<{ block: StoredBlock; state: Map<Hex, Hex> }> {
  const { genesis } = specification.parse(JSON.parse(assetText('chain/artifacts/genesis-dev.json')));
  const state = new Map<Hex, Hex>(Object.entries(genesis.raw.top) as [Hex, Hex][]);
  state.set(CODE_KEY, toHex(gunzipSync(asset('chain/artifacts/logos-runtime.wasm.gz'))));
  const header = genesisHeader(hex.parse(await calculateStateRoot([...state], 1)));
  return { block: { number: 0, hash: headerHash(header), header, extrinsics: [] }, state };
}
