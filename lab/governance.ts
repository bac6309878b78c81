import { ApiPromise, WsProvider } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import { Keyring } from '@polkadot/keyring';
import type { KeyringPair } from '@polkadot/keyring/types';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import type { Seed } from './testnet.ts';

/** One token in the chain's smallest unit. */
export const LOGOS = 1_000_000_000_000n;

/** A connection of polkadot.js to a node. */
export async function connectApi(url: string): Promise<ApiPromise> {
  await cryptoWaitReady();
  return ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
}

/** The account of a development name. */
export function developer(seed: Seed): KeyringPair {
  return new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(`//${seed[0]?.toUpperCase()}${seed.slice(1)}`);
}

/** A transaction, made by name: what a pallet calls it is known from the chain's metadata only. */
export function call(
  api: ApiPromise,
  pallet: string,
  name: string,
  ...args: readonly unknown[]
): SubmittableExtrinsic<'promise'> {
  const make = api.tx[pallet]?.[name];
  if (!make) throw new Error(`the chain has no ${pallet}.${name}`);
  return make(...args);
}

/** Sends a transaction and waits until it is in a block. Rejects with the chain's reason when it failed there. */
export function send(
  api: ApiPromise,
  from: KeyringPair,
  transaction: SubmittableExtrinsic<'promise'>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    transaction
      .signAndSend(from, { nonce: -1 }, ({ status, dispatchError }) => {
        if (dispatchError) {
          const reason = dispatchError.isModule
            ? api.registry.findMetaError(dispatchError.asModule)
            : { section: 'chain', name: dispatchError.toString() };
          reject(new Error(`${reason.section}.${reason.name}`));
        } else if (status.isInBlock) resolve(status.asInBlock.toHex());
        else if (status.isFinalized) resolve(status.asFinalized.toHex());
        else if (status.isInvalid || status.isDropped || status.isUsurped) reject(new Error(status.type));
      })
      .catch(reject);
  });
}

/** What happened on the chain, as `pallet.Event`, with the event's data: collected from now on. */
export async function watchEvents(
  api: ApiPromise,
): Promise<{ seen: { name: string; data: unknown }[]; stop: () => void }> {
  const seen: { name: string; data: unknown }[] = [];
  const stop = (await api.query.system?.events?.((records: unknown) => {
    for (const { event } of records as { event: { section: string; method: string; data: { toHuman(): unknown } } }[]) {
      seen.push({ name: `${event.section}.${event.method}`, data: event.data.toHuman() });
    }
  })) as unknown as () => void;
  return { seen, stop };
}
