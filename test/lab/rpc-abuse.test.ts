import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startLabChain } from '../../lab/chain.ts';
import { startNativeDev } from '../../lab/native-dev.ts';
import { nodeBinary } from '../../lab/testnet.ts';
import { connectChain, openTransactions } from '../../src/chain/index.ts';

interface Subject {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const MIB = 2 ** 20;
/** jsonrpsee */
const TOO_MANY_SUBSCRIPTIONS = -32_006;
const binary = nodeBinary();
const subjects: [string, (() => Promise<Subject>) | undefined][] = [
  ['the embedded chain', () => startLabChain()],
  ['the native node', binary === undefined ? undefined : () => startNativeDev(binary)],
];

/** One JSON-RPC connection without any of our code in it. */
class Raw {
  readonly socket: WebSocket;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.setMaxListeners(0);
    socket.on('error', () => {});
  }

  static open(url: string): Promise<Raw> {
    const socket = new WebSocket(url, { maxPayload: 0 });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => resolve(new Raw(socket)));
    });
  }

  send(method: string, ...params: unknown[]): number {
    this.#id += 1;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params }));
    return this.#id;
  }

  /** The error's code, 0 for an answer, or `closed` when the other side hung up. */
  async ask(method: string, ...params: unknown[]): Promise<number | 'closed'> {
    const id = this.send(method, ...params);
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve('closed'));
      this.socket.on('message', (data) => {
        const answer = JSON.parse(data.toString()) as { id?: number; error?: { code: number } };
        // A request that was not read has no number in its answer.
        if (answer.id === id || (answer.id === null && answer.error)) resolve(answer.error?.code ?? 0);
      });
    });
  }

  close(): void {
    this.socket.terminate();
  }
}

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

describe.each(subjects)('%s', (_name, start) => {
  let root: string;
  let subject: Subject;
  let at: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'logos-abuse-'));
    if (start === undefined) return;
    subject = await start();
    at = subject.url;
  });

  afterAll(async () => {
    await subject?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const on = (name: string, run: () => Promise<void>): void =>
    it(name, async (ctx) => {
      if (start === undefined) return ctx.skip('needs the native node: npm run build:node');
      await run();
    });

  /** It takes a transaction, and quickly so. */
  async function lives(): Promise<void> {
    const began = performance.now();
    const session = await open();
    try {
      const outcome = await session.submit(session.call('system.remark', [`0x${Date.now()}`.padEnd(20, '0')]), {
        timeoutMs: 60_000,
      });
      expect(outcome.height).toBeGreaterThan(0);
    } finally {
      await session.close();
    }
    expect(performance.now() - began).toBeLessThan(30_000);
  }

  const open = () =>
    openTransactions(at, { key: { from: '//Alice', keys: root }, records: join(root, 'records'), timeoutMs: 60_000 });

  on('has no room for a transaction that is larger than a block, which is refused before it is sent', async () => {
    const session = await open();
    try {
      const huge = session.call('system.remark', [`0x${'00'.repeat(6 * MIB)}`]);
      await expect(session.submit(huge, { timeoutMs: 60_000 })).rejects.toMatchObject({
        code: 'transaction-too-large',
      });
      let nested: unknown = { call: 'system.remark', args: ['0x00'] };
      for (let depth = 0; depth < 200; depth++) nested = { call: 'utility.batch', args: [[nested]] };
      expect(() => session.call('utility.batch', [[nested]])).toThrow(
        expect.objectContaining({ code: 'call-arguments-invalid' }),
      );
    } finally {
      await session.close();
    }
  });

  on('refuses what somebody else sends all the same, and goes on', async () => {
    const session = await open();
    const { api } = session;
    const remark = api.tx.system?.remark;
    const batch = api.tx.utility?.batch;
    if (remark === undefined || batch === undefined) throw new Error('the runtime has remarks and batches');
    const nonce = await api.rpc.system.accountNextIndex(session.account);
    const { developmentKey } = await import('../../src/chain/keys.ts');
    const { pair } = await developmentKey('//Alice');
    const large = await remark(`0x${'00'.repeat(6 * MIB)}`).signAsync(pair, { nonce });
    // A call that holds a call that holds a call: the bytes before the innermost one, over and over.
    const [inner, outer] = [remark('0x00').method.toHex(), batch([remark('0x00')]).method.toHex()];
    const prefix = outer.slice(2, outer.length - (inner.length - 2));
    const call = Buffer.from(prefix.repeat(50_000) + inner.slice(2), 'hex');
    // Unsigned (version 4), as it never comes to the signature.
    const body = Buffer.concat([Buffer.from([4]), call]);
    const length = api.registry.createType('Compact<u32>', body.length).toU8a();
    const deep = `0x${Buffer.concat([length, body]).toString('hex')}`;
    await session.close();

    const raw = await Raw.open(at);
    for (const extrinsic of [large.toHex(), deep, '0x', `0x${'ff'.repeat(100)}`]) {
      const answer = await raw.ask('author_submitExtrinsic', extrinsic);
      expect(answer).toBeTypeOf('number');
      expect(answer).toBeLessThan(0xffff);
      expect(answer).not.toBe(0);
    }
    raw.close();
    await lives();
    const larger = await Raw.open(at);
    expect(await larger.ask('author_submitExtrinsic', `0x${'00'.repeat(17 * MIB)}`)).not.toBe(0);
    larger.close();
    await lives();
  });

  on('takes so many connections and no more, and says so', async () => {
    const held: Raw[] = [];
    for (let count = 0; count < 150; count++) {
      const raw = await Raw.open(at).catch(() => undefined);
      if (raw === undefined) break;
      held.push(raw);
    }
    try {
      expect(held.length).toBeGreaterThan(50);
      expect(held.length).toBeLessThanOrEqual(100);
      await expect(connectChain(at, { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'chain-busy' });
    } finally {
      for (const raw of held) raw.close();
    }
    await delay(500);
    await lives();
  });

  on('is not held up by those who begin to speak and never end', async () => {
    const { hostname, port } = new URL(at);
    const sockets: Socket[] = [];
    for (let count = 0; count < 60; count++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-');
      sockets.push(socket);
    }
    await delay(500);
    await lives();
    for (const socket of sockets) socket.destroy();
  });

  on('answers others while some ask without end and never read', async () => {
    const before = residentMiB(subject.pid);
    const greedy = await Promise.all([1, 2, 3].map(() => Raw.open(at)));
    let stop = false;
    const pour = async (raw: Raw): Promise<void> => {
      raw.socket.pause();
      for (let count = 0; count < 20_000 && !stop; count++) {
        raw.send(count % 20 === 0 ? 'state_getMetadata' : 'system_health');
        if (raw.socket.readyState !== raw.socket.OPEN) return;
        if (raw.socket.bufferedAmount > MIB) await delay(20);
      }
    };
    const pouring = Promise.all(greedy.map(pour));
    for (let round = 0; round < 3; round++) {
      await lives();
      expect(residentMiB(subject.pid) - before).toBeLessThan(1_024);
    }
    stop = true;
    await pouring;
    for (const raw of greedy) raw.close();
    await lives();
  });

  on('gives one connection so many subscriptions and no more', async () => {
    const raw = await Raw.open(at);
    const answers = Promise.all(Array.from({ length: 1_100 }, () => raw.ask('chain_subscribeNewHeads')));
    expect(new Set(await answers)).toEqual(new Set([0, TOO_MANY_SUBSCRIPTIONS]));
    raw.close();
    await lives();
  });
});
