import { setTimeout as pause } from 'node:timers/promises';
import { ApiPromise, WsProvider } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import { Abi } from '@polkadot/api-contract';
import type { ProviderInterfaceCallback } from '@polkadot/rpc-provider/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { u8aToHex } from '@polkadot/util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { batchTransaction } from '../../src/chain/client/batch-call.ts';
import { callTransaction } from '../../src/chain/client/call.ts';
import { ChainClient } from '../../src/chain/client/chain.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { encodeRequest } from '../../src/chain/client/operation-calls.ts';
import { type ConnectedChain, connectChain } from '../../src/chain/index.ts';
import { developmentKey, type HostKey } from '../../src/chain/keys.ts';
import type { Operation } from '../../src/chain/types.ts';
import { assetText } from '../../src/system/assets.ts';
import { sha256Hex } from '../../src/system/canonical.ts';

/** What the executor's client does on the real runtime and contract. */
let running: LabChain;
let chain: ConnectedChain;
let raw: ApiPromise;
let bob: HostKey;

beforeAll(async () => {
  running = await startLabChain();
  chain = await connectChain(running.url, { timeoutMs: 60_000 });
  raw = await ApiPromise.create({ provider: new WsProvider(running.url), noInitWarn: true });
  bob = await developmentKey('//Bob');
  const admission = { class: 'small-1', path: 'qemu', inventory: 'ab'.repeat(32), gatekeeper: '0.1.0' } as const;
  await chain.admit(bob, sha256Hex('admission'), admission);
});

afterAll(async () => {
  await raw?.disconnect();
  await chain?.close();
  await running?.stop();
});

/** Bob asks himself to stop a guest of that name. The same name again is the same request. */
function ask(name: string, deadlineBlocks = 500, by: ConnectedChain = chain, signer: HostKey = bob) {
  return by.request(signer, sha256Hex(name), bob.address, { kind: 'stop-dvm', name }, deadlineBlocks);
}

/** Ends what is open and not too late, so that the contract takes more. Gives the names of its guests. */
async function clear(): Promise<string[]> {
  const open = (await chain.openOperations(bob.address)) as Operation[];
  const claims = await Promise.allSettled(open.map(({ id }) => chain.claim(bob, id)));
  const claimed = open.filter((_, index) => claims[index]?.status === 'fulfilled');
  await Promise.all(claimed.map(({ id }) => chain.complete(bob, id, { done: 'ab'.repeat(32) })));
  return claimed.flatMap(({ kind }) => (kind.kind === 'stop-dvm' ? [kind.name] : [])).sort();
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${String(number).padStart(2, '0')}`);
}

const GAS = { refTime: 8_000_000_000n, proofSize: 1_000_000n };

async function contractAddress(): Promise<string> {
  const record = await raw.query.scl?.contracts?.('local', ['Operation', 'compute-section-1']);
  return z.object({ address: z.string() }).parse(record?.toJSON()).address;
}

function plain(name: string) {
  return [sha256Hex(name), bob.address, { kind: 'stop-dvm', name }, 500] as const;
}

/** The events of a transaction that is made and sent without this program's client. */
function sendAs(signer: HostKey, transaction: SubmittableExtrinsic<'promise'> | undefined): Promise<EventRecord[]> {
  return new Promise((resolve, reject) => {
    transaction
      ?.signAndSend(signer.pair, ({ status, events, isError }) => {
        if (isError) reject(new Error(status.type));
        if (status.isInBlock || status.isFinalized) resolve(events);
      })
      .catch(reject);
  });
}

describe('calls that come together', { timeout: 120_000 }, () => {
  it('are few transactions, each answered with its own operation', async () => {
    await clear();
    const wanted = names('batch', 50);
    const answers = await Promise.all(wanted.map((name) => ask(name)));
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBeLessThan(5);
    const operations = await Promise.all(answers.map(({ id }) => chain.operation(id)));
    expect(operations.map((operation) => operation?.kind.kind === 'stop-dvm' && operation.kind.name)).toEqual(wanted);
    expect(await clear()).toEqual(wanted);
  });

  it('take none of the others down when some of them are refused, and say why', async () => {
    await clear();
    const answers = await Promise.allSettled(
      [...names('good', 10), 'No Label', ...names('more', 10)].map((name) => ask(name)),
    );
    expect(answers.flatMap((answer, index) => (answer.status === 'rejected' ? [[index, answer.reason]] : []))).toEqual([
      [10, expect.objectContaining({ code: 'chain-refused', module: 'operation', variant: 'InvalidName' })],
    ]);
    expect(await clear()).toHaveLength(20);
  });

  it('are refused one by one where there is no room for all', async () => {
    await clear();
    const answers = await Promise.allSettled(names('full', 70).map((name) => ask(name)));
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.variant] : []));
    expect(refused).toEqual(Array(6).fill('TooManyOpenOperations'));
    expect(await clear()).toHaveLength(64);
  });

  it('are sent again alone where they failed and would pass now', async () => {
    await clear();
    const [{ id }, { id: other }] = await Promise.all([ask('first'), ask('second')]);
    await Promise.all([chain.claim(bob, other), chain.claim(bob, other)]);
    // In one batch the report comes before the claim that it needs.
    const [reported, claimed] = await Promise.all([
      chain.complete(bob, id, { done: 'ab'.repeat(32) }),
      chain.claim(bob, id),
      chain.complete(bob, other, { done: 'ab'.repeat(32) }),
    ]);
    expect(reported.height).toBeGreaterThan(claimed.height);
    expect(await chain.operation(id)).toMatchObject({ state: 'done' });
  });

  it('are refused by the runtime where their account is no gatekeeper', async () => {
    const charlie = await developmentKey('//Charlie');
    const before = await chain.openOperations(bob.address);
    const answers = await Promise.allSettled(names('stranger', 5).map((name) => ask(name, 500, chain, charlie)));
    expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.variant)).toEqual(
      Array(5).fill('NotAGatekeeper'),
    );
    // Also where nobody asks the contract first.
    const call = callTransaction(raw, await contractAddress(), 0n, GAS, encodeRequest(...plain('stranger-9')).data);
    const events = await sendAs(charlie, raw.tx.utility?.forceBatch?.([call, call]));
    expect(events.filter(({ event }) => event.method === 'ItemFailed')).toHaveLength(2);
    expect(JSON.stringify(events.map(({ event }) => event.toHuman()))).not.toContain('ContractEmitted');
    expect(await chain.openOperations(bob.address)).toEqual(before);
  });

  it('are written as polkadot.js writes them', async () => {
    const [address, data] = [await contractAddress(), encodeRequest(...plain('written')).data];
    const items = [1n, 2n ** 40n].map((refTime) => ({ gas: { refTime, proofSize: refTime / 2n }, data }));
    const calls = items.map(({ gas }) => callTransaction(raw, address, 0n, gas, data));
    const theirs = raw.tx.utility?.forceBatch?.(calls).method.toHex();
    expect(batchTransaction(raw, address, items).method.toHex()).toBe(theirs);
    const abi = new Abi(JSON.parse(assetText('contracts/artifacts/operation.contract')));
    const [requestId, host, kind, blocks] = plain('written');
    const args = [`0x${requestId}`, host, { StopDvm: { name: kind.name } }, blocks];
    expect(u8aToHex(data)).toBe(u8aToHex(abi.findMessage('request').toU8a(args)));
  });
});

describe('what is sent again', { timeout: 120_000 }, () => {
  it('is one operation: the same request twice at once, and from two processes', async () => {
    await clear();
    const other = await connectChain(running.url, { timeoutMs: 60_000 });
    try {
      const twice = await Promise.all([ask('twice'), ask('twice'), ask('twice', 500, other), ask('twice', 500, other)]);
      expect(new Set(twice.map(({ id }) => id)).size).toBe(1);
      expect((await ask('twice')).id).toBe(twice[0].id);
      expect(await clear()).toEqual(['twice']);
    } finally {
      await other.close();
    }
  });

  it('takes the next number where another process uses the account too', async () => {
    await clear();
    const other = await connectChain(running.url, { timeoutMs: 60_000 });
    try {
      const [mine, theirs] = [names('mine', 20), names('theirs', 20)];
      await Promise.all([...mine.map((name) => ask(name)), ...theirs.map((name) => ask(name, 500, other))]);
      expect(await clear()).toEqual([...mine, ...theirs].sort());
    } finally {
      await other.close();
    }
  });

  it('is refused by the chain as it was signed: again, for another contract, and for another chain', async () => {
    await clear();
    const { block, transaction } = await ask('signed');
    const body = (await raw.rpc.chain.getBlock(block)).block.extrinsics;
    const signed = body.find((extrinsic) => extrinsic.hash.toHex() === transaction)?.toHex() ?? '0x';
    await expect(raw.rpc.author.submitExtrinsic(signed)).rejects.toThrow(/outdated/i);

    const address = u8aToHex(raw.registry.createType('AccountId', await contractAddress()).toU8a()).slice(2);
    expect(signed).toContain(address);
    const elsewhere = signed.replace(address, '22'.repeat(32));
    await expect(raw.rpc.author.submitExtrinsic(elsewhere)).rejects.toThrow(/bad signature/i);

    const call = callTransaction(raw, await contractAddress(), 0n, GAS, encodeRequest(...plain('elsewhere')).data);
    const nonce = (await raw.rpc.system.accountNextIndex(bob.address)).toNumber();
    const { runtimeVersion } = raw;
    const genesisHash = `0x${'22'.repeat(32)}`;
    const options = { nonce, era: undefined, blockHash: genesisHash, genesisHash, runtimeVersion };
    const foreign = call.sign(bob.pair, options);
    await expect(raw.rpc.author.submitExtrinsic(foreign.toHex())).rejects.toThrow(/bad signature/i);
    expect(await clear()).toEqual(['signed']);
  });

  it('has no effect in another order: a report before its claim, and one that was in between', async () => {
    await clear();
    const { id } = await ask('order');
    const done = { done: 'cd'.repeat(32) };
    await expect(chain.complete(bob, id, done)).rejects.toMatchObject({ variant: 'WrongState' });
    await chain.claim(bob, id);
    await chain.complete(bob, id, done);
    // Together, in one batch: what was done stays done.
    const again = await Promise.allSettled([
      chain.complete(bob, id, done),
      chain.claim(bob, id),
      chain.complete(bob, id, { done: 'ef'.repeat(32) }),
    ]);
    expect(again.map((answer) => (answer.status === 'rejected' ? answer.reason.variant : 'done'))).toEqual([
      'done',
      'WrongState',
      'WrongState',
    ]);
    expect((await ask('order')).id).toBe(id);
    expect(await chain.operation(id)).toMatchObject({ state: 'done' });
  });

  it('is refused after the deadline, alone and among others', async () => {
    await clear();
    const [{ id: late }, { id: good }] = [await ask('late', 1), await ask('in-time')];
    expect(await chain.operation(late)).toMatchObject({ state: 'approved' });
    const answers = await Promise.allSettled([chain.claim(bob, late), chain.claim(bob, good)]);
    expect(answers).toMatchObject([
      { status: 'rejected', reason: { variant: 'DeadlinePassed' } },
      { status: 'fulfilled' },
    ]);
    await expect(chain.claim(bob, late)).rejects.toMatchObject({ variant: 'DeadlinePassed' });
    await chain.complete(bob, good, { done: 'ab'.repeat(32) });
  });
});

/** A node whose pool does with transactions what the test says. */
class Moody extends WsProvider {
  /** What becomes of the next transactions: taken back by a fork before they are in a block for good, or let go. */
  readonly moods: ('fork' | 'usurped' | 'dropped')[] = [];
  sent = 0;

  override subscribe(type: string, method: string, params: unknown[], callback: ProviderInterfaceCallback) {
    if (method !== 'author_submitAndWatchExtrinsic') return super.subscribe(type, method, params, callback);
    this.sent += 1;
    const mood = this.moods.shift();
    if (mood === 'usurped' || mood === 'dropped') {
      setTimeout(() => callback(null, mood === 'dropped' ? 'dropped' : { usurped: `0x${'33'.repeat(32)}` }), 20);
      return Promise.resolve(`let-go-${this.sent}`);
    }
    if (mood !== 'fork') return super.subscribe(type, method, params, callback);
    const lost = `0x${'44'.repeat(32)}`;
    setTimeout(() => callback(null, { inBlock: lost }), 20);
    setTimeout(() => callback(null, { retracted: lost }), 40);
    // Longer than a transaction in a block is waited for to become final.
    return super.subscribe(type, method, params, (error, status) => {
      setTimeout(() => callback(error, status), 13_000);
    });
  }

  override unsubscribe(type: string, method: string, id: number | string): Promise<boolean> {
    return String(id).startsWith('let-go') ? Promise.resolve(true) : super.unsubscribe(type, method, id);
  }
}

async function untilSent(node: Moody, count: number): Promise<void> {
  while (node.sent < count) await pause(5);
}

describe('a node that changes its mind', { timeout: 120_000 }, () => {
  let node: Moody;
  let client: ChainClient;

  beforeAll(async () => {
    node = new Moody(running.url, false, {}, 60_000);
    await node.connect();
    client = await ChainClient.over(await Connection.over(running.url, node, 60_000), 'local');
  });

  afterAll(() => client?.close());

  it('is believed about the block that a transaction is in for good, not about one that a fork took back', async () => {
    await clear();
    node.moods.push('fork');
    const { block, height } = await ask('forked', 500, client);
    expect((await raw.rpc.chain.getBlockHash(height)).toHex()).toBe(block);
    expect(await clear()).toEqual(['forked']);
  });

  it('is sent a transaction again whose number another one took', async () => {
    await clear();
    const before = node.sent;
    node.moods.push('usurped', 'usurped');
    await ask('usurped', 500, client);
    expect(node.sent - before).toBe(3);
    expect(await clear()).toEqual(['usurped']);
  });

  it('leaves no gap when it lets a transaction go among others', async () => {
    await clear();
    node.moods.push('dropped');
    const wanted = names('gap', 30);
    const first = ask('gap-first', 500, client);
    first.catch(() => {});
    await untilSent(node, node.sent + 1);
    const rest = Promise.all(wanted.map((name) => ask(name, 500, client)));
    await expect(first).rejects.toMatchObject({ code: 'transaction-dropped' });
    await ask('gap-first', 500, client);
    await rest;
    expect(await clear()).toEqual(['gap-first', ...wanted].sort());
  });
});
