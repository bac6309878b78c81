import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { RequestInput } from '../../../src/gatekeeper/request.ts';
import { openRequestLog } from '../../../src/gatekeeper/request-log.ts';
import { canonicalJson } from '../../../src/system/canonical.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { BOB, MemoryChain } from './memory-chain.ts';
import { ADMISSION, buildGatekeeper, DvmHost, makeWorld, seedDefinition, temporaryHome, waitingIn } from './world.ts';

const OWNER = { source: 'command', uid: 1000 } as const;
const PER_MINUTE = { command: 60, api: 60, chain: 60 };
const join1 = { kind: 'join', payload: ADMISSION, origin: OWNER, nonce: 'one' } as const;

describe('handling a request', () => {
  it('ends in a receipt with the transaction, a log entry with the time of each stage, and an empty outbox', async () => {
    const { gatekeeper, chain, home } = await makeWorld({ joined: false });
    const receipt = await gatekeeper.handle(gatekeeper.request(join1));
    expect(receipt).toMatchObject({ outcome: 'accepted', stage: 'execute', transaction: { height: 2 } });
    expect(chain.members.get(BOB)).toMatchObject({ standing: 'admitted', admission: ADMISSION });
    expect(gatekeeper.counters()).toEqual({ accepted: 1, refused: 0, failed: 0, pending: 0 });
    const [record] = gatekeeper.recent();
    expect(record).toMatchObject({ kind: 'join', source: 'command', outcome: 'accepted', height: 2 });
    expect(Object.keys(record?.timings ?? {})).toEqual(['access', 'validate', 'translate', 'execute']);
    expect(waitingIn(home)).toEqual([]);
  });

  it('tells the operation that the contract opened', async () => {
    const { gatekeeper, chain } = await makeWorld();
    const operation = { kind: 'start-dvm', name: 'web-1', template: 'small' };
    const payload = { host: BOB, operation, deadlineBlocks: 50 };
    const request = gatekeeper.request({ kind: 'request-operation', payload, origin: OWNER });
    expect(await gatekeeper.handle(request)).toMatchObject({ outcome: 'accepted', operation: 1n });
    expect(await gatekeeper.handle(request)).toMatchObject({ outcome: 'accepted', operation: 1n });
    expect(chain.entries.size).toBe(1);
  });

  it('ends at the stage that refuses, and nothing is sent', async () => {
    const { gatekeeper, chain } = await makeWorld();
    const receipt = await gatekeeper.handle(gatekeeper.request({ kind: 'exec', payload: 'id', origin: OWNER }));
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'access', error: { code: 'request-kind-unknown' } });
    expect(chain.transactions).toEqual([]);
    expect(gatekeeper.counters()).toMatchObject({ accepted: 0, refused: 1 });
  });

  it('ends as refused, and is not sent again, when the contract says no', async () => {
    const { gatekeeper, chain, home } = await makeWorld();
    const payload = { operation: '9' };
    const receipt = await gatekeeper.handle(
      gatekeeper.request({ kind: 'claim-operation', payload, origin: { source: 'chain', height: 1 } }),
    );
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'execute', error: { code: 'contract-refused' } });
    expect(waitingIn(home)).toEqual([]);
    expect(chain.transactions).toEqual([]);
  });
});

describe('while the chain is gone', () => {
  /** The chain goes away when a transaction is sent; `arrived`: after it took it. */
  function losing(chain: MemoryChain, arrived: boolean): MemoryChain {
    const admit = chain.admit.bind(chain);
    chain.admit = async (...args) => {
      if (arrived && !chain.offline) await admit(...args);
      chain.offline = true;
      return admit(...args);
    };
    return chain;
  }

  it.each([true, false])(
    'a request is kept, and sent again with the same id by the next life (arrived: %s)',
    async (arrived) => {
      const chain = losing(new MemoryChain(), arrived);
      chain.admissionTemplate = 'admission';
      const first = await makeWorld({ chain, joined: false });
      const receipt = await first.gatekeeper.handle(first.gatekeeper.request(join1));
      expect(receipt).toMatchObject({ outcome: 'pending', error: { code: 'chain-unreachable' } });
      expect(first.clock.slept).toEqual([250, 500, 1000, 2000]);
      expect(first.gatekeeper.counters().pending).toBe(1);
      expect(waitingIn(first.home)).toEqual([receipt.id]);

      chain.offline = false;
      chain.admit = MemoryChain.prototype.admit.bind(chain);
      const second = await makeWorld({ home: first.home, chain, joined: false });
      expect(second.gatekeeper.counters().pending).toBe(1);
      expect(await second.gatekeeper.resume()).toMatchObject([{ id: receipt.id, outcome: 'accepted' }]);
      expect(chain.entries.size).toBe(1);
      expect(second.gatekeeper.counters()).toEqual({ accepted: 1, refused: 0, failed: 0, pending: 0 });
    },
  );

  it('a request that waits is not sent to another chain', async () => {
    const chain = losing(new MemoryChain(), false);
    const first = await makeWorld({ chain, joined: false });
    await first.gatekeeper.handle(first.gatekeeper.request(join1));
    const other = new MemoryChain();
    other.identity.genesis = `0x${'22'.repeat(32)}`;
    const second = await makeWorld({ home: first.home, chain: other, joined: false });
    expect(await second.gatekeeper.resume()).toEqual([]);
    expect(other.transactions).toEqual([]);
  });

  it('a request that waits is refused by rules that changed meanwhile', async () => {
    const chain = losing(new MemoryChain(), false);
    const first = await makeWorld({ chain, joined: false });
    await first.gatekeeper.handle(first.gatekeeper.request(join1));
    chain.offline = false;
    const definition = await seedDefinition();
    definition.requests.join = undefined;
    const second = await makeWorld({ home: first.home, chain, definition, joined: false });
    expect(await second.gatekeeper.resume()).toMatchObject([{ outcome: 'refused', stage: 'access' }]);
    expect(second.gatekeeper.counters().pending).toBe(0);
  });

  it('a request that waits and was changed on disk is never sent', async () => {
    const chain = losing(new MemoryChain(), false);
    const first = await makeWorld({ chain, joined: false });
    const { id } = await first.gatekeeper.handle(first.gatekeeper.request(join1));
    const db = new DatabaseSync(join(first.home.gatekeeper, 'outbox.sqlite'));
    expect(db.prepare("UPDATE waiting SET request = replace(request, 'small-1', 'huge-9')").run().changes).toBe(1);
    chain.offline = false;
    const second = await makeWorld({ home: first.home, chain, joined: false });
    expect(await second.gatekeeper.resume()).toEqual([]);
    expect(db.prepare('SELECT id FROM damaged').all()).toMatchObject([{ id }]);
    expect(second.store.outbox.size).toBe(0);
    db.close();
  });

  it('a new request is refused when nobody can tell where the host stands', async () => {
    const { gatekeeper, chain } = await makeWorld();
    chain.offline = true;
    const receipt = await gatekeeper.handle(gatekeeper.request({ kind: 'leave', payload: {}, origin: OWNER }));
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'access', error: { code: 'chain-unreachable' } });
  });
});

describe('at once', () => {
  it('the same request is sent once, and different ones together', async () => {
    const { gatekeeper, chain } = await makeWorld();
    let inside = 0;
    let most = 0;
    const request = chain.request.bind(chain);
    chain.request = async (...args) => {
      inside += 1;
      most = Math.max(most, inside);
      await systemClock.sleep(2);
      inside -= 1;
      return request(...args);
    };
    const ask = (name: string) => {
      const operation = { kind: 'stop-dvm', name };
      return gatekeeper.request({
        kind: 'request-operation',
        payload: { host: BOB, operation, deadlineBlocks: 9 },
        origin: OWNER,
      });
    };
    const names = ['a', 'b', 'c', 'a', 'b', 'a'];
    const receipts = await Promise.all(names.map((name) => gatekeeper.handle(ask(name))));
    expect(receipts.map(({ operation }) => operation)).toEqual([1n, 2n, 3n, 1n, 2n, 1n]);
    expect([most, chain.transactions.length]).toEqual([3, 3]);
  });

  it('what bears on the rest is sent when all before it has ended, and what comes after waits for it', async () => {
    const { gatekeeper, chain, home } = await makeWorld();
    const order: string[] = [];
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const request = chain.request.bind(chain);
    chain.request = async (...args) => {
      order.push('request');
      await held;
      order.push('requested');
      return request(...args);
    };
    const leave = chain.leave.bind(chain);
    chain.leave = async () => {
      order.push('leave');
      await systemClock.sleep(5);
      order.push('left');
      return leave();
    };
    const stop = (name: string) => ({
      kind: 'request-operation',
      payload: { host: BOB, operation: { kind: 'stop-dvm', name }, deadlineBlocks: 9 },
      origin: OWNER,
    });
    const handle = (input: RequestInput) => gatekeeper.handle(gatekeeper.request(input));
    const until = async (waiting: number) => {
      while (waitingIn(home).length < waiting) await systemClock.sleep(1);
    };
    const all = [handle(stop('a')), handle(stop('b'))];
    await until(2);
    all.push(handle({ kind: 'leave', payload: {}, origin: OWNER }));
    await until(3);
    all.push(handle(stop('c')));
    await until(4);
    go();
    await Promise.all(all);
    expect(order.join(' ')).toBe('request request requested requested leave left request requested');
  });

  it('more than may be under way are on disk all the same, and those not sent yet stay when it stops', async () => {
    const definition = await seedDefinition();
    Object.assign(definition.limits, { pendingRequests: 1_000, requestsPerMinute: { ...PER_MINUTE, command: 1_000 } });
    const { gatekeeper, chain, home } = await makeWorld({ definition });
    const stopping = new AbortController();
    const begun: (() => void)[] = [];
    const request = chain.request.bind(chain);
    chain.request = async (...args) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      return request(...args);
    };
    const receipts = Promise.all(
      Array.from({ length: 600 }, (_, number) => {
        const operation = { kind: 'stop-dvm', name: `guest-${number}` };
        const payload = { host: BOB, operation, deadlineBlocks: 9 };
        const wish = gatekeeper.request({ kind: 'request-operation', payload, origin: OWNER });
        return gatekeeper.handle(wish, stopping.signal);
      }),
    );
    while (begun.length < 512) await systemClock.sleep(5);
    await systemClock.sleep(20);
    expect([begun.length, waitingIn(home).length]).toEqual([512, 600]);
    stopping.abort();
    for (const go of begun) go();
    const kept = (await receipts).filter(({ outcome }) => outcome === 'pending');
    expect(kept.map(({ error }) => error?.code)).toEqual(Array(88).fill('request-kept'));
    expect(waitingIn(home)).toEqual(kept.map(({ id }) => id));
    expect(chain.entries.size).toBe(512);
  });

  it('a chain that never answers does not hold the request for ever', async () => {
    const chain = new MemoryChain();
    const world = await makeWorld({ chain });
    chain.leave = () => new Promise(() => {});
    const definition = await seedDefinition();
    definition.retry.timeoutMs = 20;
    definition.retry.attempts = 2;
    const gatekeeper = buildGatekeeper({ ...world, host: new DvmHost(), definition });
    const receipt = await gatekeeper.handle(gatekeeper.request({ kind: 'leave', payload: {}, origin: OWNER }));
    expect(receipt).toMatchObject({ outcome: 'pending', error: { code: 'chain-timeout' } });
  });
});

describe('the log of requests', () => {
  const record = (id: number, outcome: 'accepted' | 'refused' | 'pending' = 'accepted') => ({
    id: `${id}`,
    kind: 'leave',
    source: 'command' as const,
    stage: 'execute' as const,
    outcome,
    timings: {},
    ms: 1,
    at: '',
  });

  it('stays bounded, and its totals count what was dropped, also in the next life', async () => {
    const path = join((await temporaryHome()).gatekeeper, 'requests.jsonl');
    const log = await openRequestLog(path, 10);
    for (let id = 0; id < 95; id += 1) await log.append(record(id, id % 5 === 0 ? 'refused' : 'accepted'));
    await log.append(record(95, 'pending'));
    expect((await readFile(path, 'utf8')).split('\n').length).toBeLessThanOrEqual(22);
    const again = await openRequestLog(path, 10);
    expect(again.totals()).toEqual({ accepted: 76, refused: 19, failed: 0 });
    expect(again.totals()).toEqual(log.totals());
    expect(again.recent(2).map(({ id }) => id)).toEqual(['95', '94']);
  });

  it('passes over a line that a crash tore', async () => {
    const path = join((await temporaryHome()).gatekeeper, 'requests.jsonl');
    await (await openRequestLog(path)).append(record(1));
    await writeFile(path, `${await readFile(path, 'utf8')}{"id":"2","ki`);
    const log = await openRequestLog(path);
    await log.append(record(3));
    expect((await openRequestLog(path)).recent(9).map(({ id }) => id)).toEqual(['3', '1']);
    expect(canonicalJson(log.totals())).toBe('{"accepted":2,"failed":0,"refused":0}');
  });
});
