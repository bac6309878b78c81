import { join } from 'node:path';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { openSpecifications } from '../src/chain/index.ts';
import { developer, developerFinality } from './governance.ts';
import type { Seed } from './testnet.ts';

const RUNTIME = join(import.meta.dirname, '../chain/artifacts/logos-runtime-fast.wasm.gz');

/**
 * Makes the specification of a network that nobody administers: what needs power is decided by referenda, which take
 * seconds. `validators` make its blocks; Alice holds nine tenths of all tokens. Gives the file's path.
 */
export async function governedSpecification(directory: string, validators: readonly Seed[]): Promise<string> {
  const output = join(directory, 'governed.json');
  const { newSpecification } = await openSpecifications();
  const others = ['bob', 'charlie', 'dave', 'eve', 'ferdie'] as const;
  const network = {
    name: 'Governed',
    id: 'governed',
    chainType: 'Local',
    validators: validators.map((seed) => ({ account: developer(seed).address, keys: sessionKeys(seed) })),
    endowments: Object.fromEntries([
      [developer('alice').address, '1000000 LOGOS'],
      ...others.map((seed) => [developer(seed).address, '20000 LOGOS']),
    ]),
  };
  await newSpecification({ network, runtime: RUNTIME, preset: 'template', output });
  return output;
}

/** The keys that a node has whose account is a development one, as `author_rotateKeys` gives them. */
function sessionKeys(seed: Seed): string {
  const { publicKey } = developer(seed);
  return u8aToHex(u8aConcat(publicKey, developerFinality(seed).publicKey, publicKey));
}
