import { perCpuSecond } from './figures.mjs';

const ENCODED = 5_000;
const SINGLE = 1_000;
const BATCHES = 30;
/** What a request took on the development chain, with the margin that the client gives it. */
const GAS = { refTime: 5_000_000_000n, proofSize: 350_000n };

/**
 * Requests a second of CPU time of one core, from raw arguments: to the call as the contract takes it, unsigned; to a signed
 * transaction of its own, ready to be sent; and to a signed batch, as the executor sends those that wait. `decide`: every stage
 * before the executor, of one request. By the runtime and contract of a development chain.
 */
export async function signedCalls(decide) {
  const { encodeRequest } = await import('../../src/chain/client/operation-calls.ts');
  const encode = async () => {
    const { content, requestId } = await decide();
    const { host, kind, deadlineBlocks } = content.arguments;
    return encodeRequest(requestId, host, kind, deadlineBlocks).data;
  };
  const encoded = Math.round(await perCpuSecond(ENCODED, encode));
  // In a process of its own, whose work doesn't count here.
  const { startLabChain } = await import('../../lab/chain.ts');
  const { ApiPromise, WsProvider } = await import('@polkadot/api');
  const chain = await startLabChain();
  const api = await ApiPromise.create({ provider: new WsProvider(chain.url), noInitWarn: true });
  try {
    return { encodedPerCpuSecond: encoded, ...(await signed(api, encode)) };
  } finally {
    await api.disconnect();
    await chain.stop();
  }
}

async function signed(api, encode) {
  const { batchTransaction, fitting, MAX_ITEMS } = await import('../../src/chain/client/batch-call.ts');
  const { callTransaction } = await import('../../src/chain/client/call.ts');
  const { developmentKey } = await import('../../src/chain/keys.ts');
  const { pair } = await developmentKey('//Alice');
  const contract = (await api.query.scl.contracts('local', ['Operation', 'compute-section-1'])).toJSON().address;
  const { genesisHash, runtimeVersion } = api;
  let nonce = 0;
  const sign = (transaction) => {
    nonce += 1;
    const options = { nonce, era: 0, blockHash: genesisHash, genesisHash, runtimeVersion };
    return transaction.sign(pair, options).toHex();
  };
  const single = async () => sign(callTransaction(api, contract, 0n, GAS, await encode()));
  const many = fitting(api, Array(MAX_ITEMS).fill({ gas: GAS, data: await encode() }));
  const batch = async () => {
    const items = [];
    while (items.length < many) items.push({ gas: GAS, data: await encode() });
    return sign(batchTransaction(api, contract, items));
  };
  return {
    signedAlonePerCpuSecond: Math.round(await perCpuSecond(SINGLE, single)),
    signedInBatchesPerCpuSecond: Math.round(many * (await perCpuSecond(BATCHES, batch))),
    requestsInABatch: many,
  };
}
