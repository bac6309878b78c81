import { ApiPromise, WsProvider } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import { Abi } from '@polkadot/api-contract';
import { z } from 'zod';
import { developmentKey } from '../src/chain/keys.ts';
import { encodeAccount } from '../src/chain/ss58.ts';
import { assetText } from '../src/system/assets.ts';

const REGION = 'local';
/** Hosts that one transaction admits: as many as a block has room for. */
const AT_ONCE = 32;
/** Planck: enough for a gatekeeper's deposit and for what is stored of a host. */
const FUNDS = 2_000_000_000_000_000n;
const GAS = { refTime: 8_000_000_000n, proofSize: 1_000_000n };

/**
 * Makes a development chain list that many hosts as admitted, each a gatekeeper of the region: by its administrator, in their
 * names, since nobody has their keys. Gives their accounts. Throws when the chain refuses one.
 */
export async function admitHosts(url: string, count: number): Promise<string[]> {
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  try {
    const { pair } = await developmentKey('//Alice');
    const hosts = Array.from({ length: count }, (_, number) => encodeAccount(Buffer.alloc(32, `host ${number} `)));
    for (let first = 0; first < count; first += AT_ONCE) {
      const calls = await Promise.all(hosts.slice(first, first + AT_ONCE).map((host) => callsFor(api, host)));
      await send(api.tx.utility?.batchAll?.(calls.flat()), pair);
    }
    return hosts;
  } finally {
    await api.disconnect();
  }
}

type Call = SubmittableExtrinsic<'promise'>;

async function callsFor(api: ApiPromise, host: string): Promise<Call[]> {
  const { balances, scl, sudo } = api.tx;
  const record = await api.query.scl?.contracts?.(REGION, ['Operation', 'compute-section-1']);
  const { address } = z.object({ address: z.string() }).parse(record?.toJSON());
  const admission = { class: 'small-1', path: 'Qemu', inventory: `0x${'ab'.repeat(32)}`, gatekeeper: '0.1.0' };
  const abi = new Abi(JSON.parse(assetText('contracts/artifacts/operation.contract')));
  const data = abi.findMessage('admit').toU8a([`0x${'01'.repeat(32)}`, admission]);
  const calls = [
    balances?.transferKeepAlive?.(host, FUNDS),
    sudo?.sudoAs?.(host, scl?.registerGatekeeper?.(REGION) as Call),
    sudo?.sudoAs?.(host, scl?.callContract?.(address, 0, GAS, null, data) as Call),
  ];
  return calls.filter((call) => call !== undefined);
}

function send(transaction: Call | undefined, pair: Awaited<ReturnType<typeof developmentKey>>['pair']): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction
      ?.signAndSend(pair, ({ status, events, dispatchError, isError }) => {
        if (isError) reject(new Error(`not taken: ${status.type}`));
        if (!status.isInBlock && !status.isFinalized) return;
        const refused = events.find(({ event }) => /"err"/i.test(JSON.stringify(event.data.toJSON())));
        if (dispatchError || refused) reject(new Error(`refused: ${dispatchError ?? refused?.event}`));
        else resolve();
      })
      .catch(reject);
  });
}
