import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRequestLog } from '../../../src/gatekeeper/request-log.ts';
import { canonicalJson } from '../../../src/system/canonical.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { BOB, MemoryChain } from './memory-chain.ts';
import { ADMISSION, buildGatekeeper, DvmHost, makeWorld, seedDefinition, temporaryHome } from './world.ts';

const OWNER = { source: 'command', uid: 1000 } as const;
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
    expect(Object.keys(record?.timings ?? {})).toEqual(['access', 'translate', 'execute']);
    expect(await readdir(join(home.gatekeeper, 'outbox'))).toEqual([]);
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
    expect(await readdir(join(home.gatekeeper, 'outbox'))).toEqual([]);
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
      expect(await readdir(join(first.home.gatekeeper, 'outbox'))).toEqual([`${receipt.id}.json`]);

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
    const path = join(first.home.gatekeeper, 'outbox', `${id}.json`);
    await writeFile(path, (await readFile(path, 'utf8')).replace('small-1', 'huge-9'));
    chain.offline = false;
    const second = await makeWorld({ home: first.home, chain, joined: false });
    expect(await second.gatekeeper.resume()).toEqual([]);
    expect(await readdir(join(first.home.gatekeeper, 'outbox'))).toEqual([`${id}.damaged`]);
  });

  it('a new request is refused when nobody can tell where the host stands', async () => {
    const { gatekeeper, chain } = await makeWorld();
    chain.offline = true;
    const receipt = await gatekeeper.handle(gatekeeper.request({ kind: 'leave', payload: {}, origin: OWNER }));
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'access', error: { code: 'chain-unreachable' } });
  });
});

describe('at once', () => {
  it('the same request is sent once, and different ones one after the other', async () => {
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
    expect([most, chain.transactions.length]).toEqual([1, 3]);
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
