import { setTimeout as delay } from 'node:timers/promises';
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
  return new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(`//${capital(seed)}`);
}

/** The key with which a development account votes on what is final. */
export function developerFinality(seed: Seed): KeyringPair {
  return new Keyring({ type: 'ed25519' }).addFromUri(`//${capital(seed)}`);
}

function capital(seed: Seed): string {
  return `${seed[0]?.toUpperCase()}${seed.slice(1)}`;
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

/**
 * What happened in final blocks, as `pallet.Event`, with the event's data: collected from now on. Block by block, because a
 * subscription to the events' storage tells of the best block only, and skips those that a reorganisation brings at once.
 */
export async function watchEvents(
  api: ApiPromise,
): Promise<{ seen: { name: string; data: unknown }[]; stop: () => void }> {
  const seen: { name: string; data: unknown }[] = [];
  const final = async (): Promise<number> =>
    (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
  let next = (await final()) + 1;
  let stopped = false;
  const follow = async (): Promise<void> => {
    for (const last = await final(); next <= last && !stopped; next++) {
      const block = await api.at(await api.rpc.chain.getBlockHash(next));
      const records = (await block.query.system?.events?.()) as unknown as {
        event: { section: string; method: string; data: { toHuman(): unknown } };
      }[];
      for (const { event } of records)
        seen.push({ name: `${event.section}.${event.method}`, data: event.data.toHuman() });
    }
  };
  void (async () => {
    while (!stopped) {
      // What fails is tried again: the node may be busy, or restarting.
      await follow().catch(() => {});
      await delay(500);
    }
  })();
  return {
    seen,
    stop: () => {
      stopped = true;
    },
  };
}
