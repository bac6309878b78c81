import { ApiPromise, Keyring } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import type { KeyringPair } from '@polkadot/keyring/types';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { DevChain } from '../../../../src/chain/dev/chain.ts';
import { ChainDatabase } from '../../../../src/chain/dev/database.ts';
import { builtInGenesis, builtInSpecification } from '../../../../src/chain/dev/genesis.ts';
import type { Hex } from '../../../../src/chain/dev/hex.ts';
import { LocalProvider } from '../../../../src/chain/dev/provider.ts';
import { rpcMethods } from '../../../../src/chain/dev/rpc.ts';
import type { RpcMethods } from '../../../../src/chain/dev/rpc-types.ts';

/** A chain in this process, without a port and without contracts. */
export interface OpenChain {
  chain: DevChain;
  api: ApiPromise;
  rpc: RpcMethods;
  alice: KeyringPair;
  /** A signed transaction's bytes. */
  sign(call: SubmittableExtrinsic<'promise'>, nonce: number): Promise<Hex>;
  transfer(nonce: number): Promise<Hex>;
  close(): Promise<void>;
}

/** Opens the chain in a directory, or begins one there. */
export async function openChain(directory: string, now?: () => number): Promise<OpenChain> {
  await cryptoWaitReady();
  const database = ChainDatabase.open(directory);
  if (database.head() === undefined) {
    const { block, state } = builtInGenesis();
    database.initialize(block, state);
  }
  const chain = new DevChain(database, builtInSpecification(), now);
  const api = await ApiPromise.create({ provider: new LocalProvider(chain), noInitWarn: true });
  const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
  const sign: OpenChain['sign'] = async (call, nonce) =>
    (await call.signAsync(alice, { nonce, era: 0, blockHash: api.genesisHash })).toHex();
  return {
    chain,
    api,
    rpc: rpcMethods(chain),
    alice,
    sign,
    transfer: (nonce) =>
      sign(api.tx.balances?.transferKeepAlive?.(new Uint8Array(32).fill(9), 10n ** 12n) as never, nonce),
    close: async () => {
      await api.disconnect();
      await chain.settled();
      database.close();
    },
  };
}
