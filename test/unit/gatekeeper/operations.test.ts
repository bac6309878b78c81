import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forgettable } from '../../../src/gatekeeper/desired.ts';
import { reasonText } from '../../../src/gatekeeper/operation-policy.ts';
import type { OperationRecord } from '../../../src/gatekeeper/operation-store.ts';
import { canonicalJson, sha256Hex } from '../../../src/system/canonical.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { ExternalError, UserError } from '../../../src/system/errors.ts';
import { ALICE, BOB } from './memory-chain.ts';
import { makeWorld, seedDefinition } from './world.ts';

const web = { kind: 'start-dvm', name: 'web-1', template: 'small' } as const;
const stopWeb = { kind: 'stop-dvm', name: 'web-1' } as const;

describe('operations of the chain', () => {
  it('are claimed, done and reported, with the digest of what was done', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    const id = chain.ask(web);
    const report = await gatekeeper.processOperations();
    expect(report.steps).toEqual([{ id, step: 'done' }]);
    const result = { name: 'web-1', uuid: host.running.get('web-1') ?? '', path: 'qemu', call: 1 };
    expect(chain.outcome(id)).toEqual({ done: sha256Hex(canonicalJson(result)) });
    expect(chain.transactions).toEqual(['claim', 'complete']);
    expect(await gatekeeper.desiredDvms()).toMatchObject([{ name: 'web-1', template: 'small' }]);
    expect((await gatekeeper.processOperations()).steps).toEqual([]);
    expect(gatekeeper.recent().map(({ kind, source }) => [kind, source])).toEqual([
      ['complete-operation', 'chain'],
      ['claim-operation', 'chain'],
    ]);
  });

  it('are done in the order of their ids', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    for (const kind of [web, stopWeb, { ...web, name: 'b' }, web]) chain.ask(kind);
    await gatekeeper.processOperations();
    expect([host.started, host.stopped]).toEqual([['web-1', 'b', 'web-1'], ['web-1']]);
    expect((await gatekeeper.desiredDvms()).map(({ name }) => name).sort()).toEqual(['b', 'web-1']);
  });

  it.each([
    ['with an unknown template', { ...web, template: 'huge' }, 'template-unknown'],
    ['with a template that climbs', { ...web, template: '../etc/passwd' }, 'template-name-unsafe'],
    ['with a name that is an option', { ...web, name: '-rf' }, 'dvm-name-unsafe'],
    ['with a name that is a path', { ...web, name: 'a/../b' }, 'dvm-name-unsafe'],
    ['that stop a name with a new line', { ...stopWeb, name: 'a\n' }, 'dvm-name-unsafe'],
  ] as const)('%s are reported as failed and touch nothing', async (_, kind, code) => {
    const { gatekeeper, chain, host } = await makeWorld();
    const id = chain.ask(kind);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ id, step: 'failed', code }]);
    expect(chain.outcome(id)).toMatchObject({ failed: expect.stringContaining(code) });
    expect([host.started, host.stopped]).toEqual([[], []]);
  });

  it('beyond what the definition takes are reported as failed', async () => {
    const definition = await seedDefinition();
    definition.operations.maximumDvms = 1;
    const { gatekeeper, chain } = await makeWorld({ definition });
    for (const name of ['a', 'b', 'a']) chain.ask({ ...web, name });
    const { steps } = await gatekeeper.processOperations();
    expect(steps).toMatchObject([{ step: 'done' }, { step: 'failed', code: 'too-many-dvms' }, { step: 'done' }]);
  });

  it('of a kind that the definition does not accept are reported as failed', async () => {
    const definition = await seedDefinition();
    definition.operations.accept = ['stop-dvm'];
    const { gatekeeper, chain } = await makeWorld({ definition });
    chain.ask(web);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ code: 'operation-not-accepted' }]);
  });

  it('that fail are reported with the reason', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    host.failure = new ExternalError('dvm-not-ready', `no line within\n60 s ${'€'.repeat(200)}`);
    const id = chain.ask(web);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ step: 'failed', code: 'dvm-not-ready' }]);
    expect(chain.outcome(id)).toMatchObject({
      failed: expect.stringMatching(/^dvm-not-ready: no line within 60 s €+…$/),
    });
    expect(await gatekeeper.desiredDvms()).toEqual([]);
  });

  it('that fail for a passing reason are tried again, until their deadline', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    host.failure = new ExternalError('libvirt-unreachable', 'no socket');
    host.transient = true;
    const id = chain.ask(web, 50);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ step: 'waiting' }]);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ step: 'waiting' }]);
    host.failure = undefined;
    chain.tick(100);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ step: 'failed', code: 'deadline-passed' }]);
    expect([chain.state(id), host.started]).toEqual(['failed', []]);
  });

  it('that were begun by a life that was killed, and whose deadline passed, leave nothing behind', async () => {
    const first = await makeWorld();
    const id = first.chain.ask(web, 50);
    const start = first.host.startDvm.bind(first.host);
    const begun = new Promise<void>((resolve) => {
      first.host.startDvm = async (operation) => {
        await start(operation);
        resolve();
        return new Promise(() => {});
      };
    });
    void first.gatekeeper.processOperations();
    await begun;
    first.host.startDvm = start;
    first.chain.tick(100);
    const next = await makeWorld(first);
    expect((await next.gatekeeper.processOperations()).steps).toMatchObject([
      { step: 'failed', code: 'deadline-passed' },
    ]);
    expect([first.chain.state(id), first.host.stopped, first.host.running.size]).toEqual(['failed', ['web-1'], 0]);
  });

  it('that were done by a life that was killed before it could report them, are reported as it did them', async () => {
    const first = await makeWorld();
    const id = first.chain.ask(web);
    const { outbox } = first.store;
    const put = outbox.put.bind(outbox);
    const reporting = new Promise<void>((resolve) => {
      outbox.put = (request, now) => {
        if (request.kind !== 'complete-operation') return put(request, now);
        resolve();
        return new Promise(() => {});
      };
    });
    void first.gatekeeper.processOperations();
    await reporting;
    const next = await makeWorld(first);
    expect((await next.gatekeeper.processOperations()).steps).toEqual([{ id, step: 'done' }]);
    const result = { name: 'web-1', uuid: first.host.running.get('web-1') ?? '', path: 'qemu', call: 1 };
    expect(first.chain.outcome(id)).toEqual({ done: sha256Hex(canonicalJson(result)) });
  });

  it('whose effect lost the chain are tried again, not failed', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    host.failure = new UserError('chain-unreachable', 'no templates');
    const id = chain.ask(web);
    expect((await gatekeeper.processOperations()).steps).toMatchObject([{ step: 'waiting' }]);
    host.failure = undefined;
    await gatekeeper.processOperations();
    expect(chain.state(id)).toBe('done');
  });

  it('with too little time left are not begun', async () => {
    const { gatekeeper, chain, host, events } = await makeWorld();
    const id = chain.ask(web, 2);
    for (const _ of [1, 2]) {
      expect((await gatekeeper.processOperations()).steps).toMatchObject([
        { step: 'refused', code: 'deadline-passed' },
      ]);
    }
    expect([chain.state(id), chain.transactions, host.started]).toEqual(['approved', [], []]);
    expect(events).toHaveLength(1);
  });

  it('that expire while they are done are taken back', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    const id = chain.ask(web);
    const start = host.startDvm.bind(host);
    host.startDvm = (operation) => {
      chain.expire(id);
      return start(operation);
    };
    expect((await gatekeeper.processOperations()).steps).toEqual([{ id, step: 'reverted' }]);
    expect([host.started, host.stopped, await gatekeeper.desiredDvms()]).toEqual([['web-1'], ['web-1'], []]);
    expect((await gatekeeper.processOperations()).steps).toEqual([]);
  });

  it('that are taken back leave a DVM that another operation wants', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    chain.ask(web);
    await gatekeeper.processOperations();
    const id = chain.ask(web);
    const start = host.startDvm.bind(host);
    host.startDvm = (operation) => {
      chain.expire(id);
      return start(operation);
    };
    expect((await gatekeeper.processOperations()).steps).toEqual([{ id, step: 'reverted' }]);
    expect([...host.running.keys()]).toEqual(['web-1']);
  });

  it('of another host are left alone, whatever the chain answers', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    chain.ask(web, 100, ALICE);
    const all = chain.openOperations.bind(chain);
    chain.openOperations = () => all(ALICE);
    expect((await gatekeeper.processOperations()).steps).toEqual([]);
    expect([chain.transactions, host.started]).toEqual([[], []]);
  });

  it('wait while the host is not admitted', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    chain.ask(web);
    await chain.leave();
    expect(await gatekeeper.processOperations()).toMatchObject({ standing: 'left', steps: [] });
    expect(host.started).toEqual([]);
  });

  it('of a chain that began anew are not mistaken for those of before', async () => {
    const first = await makeWorld();
    first.chain.ask(web);
    await first.gatekeeper.processOperations();
    first.chain.entries.clear();
    first.chain.tick(10);
    first.host.running.clear();
    const id = first.chain.ask(web);
    await first.gatekeeper.processOperations();
    expect([id, first.host.started]).toEqual([1n, ['web-1', 'web-1']]);
  });

  it('that a node does not know yet are not taken back', async () => {
    const { gatekeeper, chain, host } = await makeWorld();
    chain.tick(50);
    const id = chain.ask(web);
    const complete = chain.complete.bind(chain);
    chain.complete = async () => {
      throw new Error('socket closed');
    };
    await gatekeeper.processOperations();
    const entry = chain.entries.get(id);
    chain.entries.delete(id);
    const { height } = chain;
    chain.height = 7;
    await gatekeeper.processOperations();
    expect(host.stopped).toEqual([]);
    if (entry !== undefined) chain.entries.set(id, entry);
    chain.height = height;
    chain.complete = complete;
    await gatekeeper.processOperations();
    expect([chain.state(id), host.started]).toEqual(['done', ['web-1']]);
  });

  it('whose record was damaged are done again without a second start', async () => {
    const world = await makeWorld();
    const id = world.chain.ask(web);
    const complete = world.chain.complete.bind(world.chain);
    world.chain.complete = async () => {
      throw new Error('socket closed');
    };
    await world.gatekeeper.processOperations();
    await writeFile(join(world.home.gatekeeper, 'operations', `${id}.json`), '{"half":');
    world.chain.complete = complete;
    const next = await makeWorld(world);
    await next.gatekeeper.processOperations();
    expect([world.chain.state(id), world.host.started]).toEqual(['done', ['web-1']]);
  });
});

const command = { kind: 'run', operation: 'a/b', library: '0a'.repeat(32), command: '0b'.repeat(32) } as const;

describe('a native command that takes long', () => {
  /** A world whose command runs until it is ended, or stopped. */
  async function long() {
    const definition = await seedDefinition();
    definition.operations.commands = ['a/*'];
    const world = await makeWorld({ definition });
    const left: bigint[] = [];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const run = world.host.run.bind(world.host);
    world.host.run = async (operation, signal) => {
      const result = await run(operation);
      const stopped = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      // A tool takes a moment to end.
      await Promise.race([ended, stopped]);
      await systemClock.sleep(50);
      left.push(operation.id);
      if (signal?.aborted) throw new Error('stopped');
      return result;
    };
    return { ...world, end, left };
  }

  it('holds up neither what comes after it nor what waits in the outbox, and is run once', async () => {
    const { gatekeeper, chain, host, events, store, end } = await long();
    const [id, dvm] = [chain.ask(command, 1_000), chain.ask(web, 1_000)];
    const running = { id, step: 'waiting', code: 'command-running' };
    expect((await gatekeeper.processOperations()).steps).toMatchObject([running, { id: dvm, step: 'done' }]);
    // The chain did not take it: the next pass sends it again.
    const take = chain.request.bind(chain);
    chain.request = async () => {
      throw new ExternalError('chain-unreachable', 'socket closed');
    };
    const request = gatekeeper.request({
      kind: 'request-operation',
      payload: { host: BOB, operation: { ...web, name: 'web-2' }, deadlineBlocks: 100 },
      origin: { source: 'command', uid: 1000 },
      nonce: '1',
    });
    await gatekeeper.handle(request);
    chain.request = take;
    expect(store.outbox.size).toBe(1);
    const asked = performance.now();
    expect((await gatekeeper.processOperations()).steps[0]).toMatchObject(running);
    expect(performance.now() - asked).toBeLessThan(1_500);
    expect([store.outbox.size, host.ran.length, chain.state(id)]).toEqual([0, 1, 'claimed']);
    end();
    await gatekeeper.idle();
    expect([host.ran.length, chain.state(id)]).toEqual([1, 'done']);
    expect(events.map(({ code, message }) => [code, message])).toContainEqual([
      'operation-done',
      expect.stringContaining(`operation ${id} `),
    ]);
    expect((await gatekeeper.processOperations()).steps).not.toContainEqual(expect.objectContaining({ id }));
    expect(host.ran).toHaveLength(1);
  });

  it('is left to its own work when its deadline passes meanwhile', async () => {
    const { gatekeeper, chain, store, end } = await long();
    const id = chain.ask(command, 50);
    await gatekeeper.processOperations();
    chain.expire(id);
    expect((await gatekeeper.processOperations()).steps).toEqual([]);
    expect((await store.operations.load(id))?.phase).toBe('claimed');
    end();
    await gatekeeper.idle();
    expect((await store.operations.load(id))?.phase).toBe('reverted');
  });

  it('is stopped and waited for when the gatekeeper is told to end', async () => {
    const { gatekeeper, chain, events, store, left } = await long();
    const id = chain.ask(command, 1_000);
    const stop = new AbortController();
    const loop = gatekeeper.run(stop.signal);
    // The pass that began it has ended.
    await expect.poll(() => events.map(({ code }) => code), { timeout: 5_000 }).toContain('operation-waiting');
    stop.abort();
    await loop;
    expect([left, chain.state(id), (await store.operations.load(id))?.phase]).toEqual([[id], 'claimed', 'claimed']);
  });
});

describe('after a reboot', () => {
  it('desired DVMs are brought back, stopped ones are not', async () => {
    const world = await makeWorld();
    for (const name of ['a', 'b', 'c']) world.chain.ask({ ...web, name });
    world.chain.ask({ kind: 'stop-dvm', name: 'b' });
    await world.gatekeeper.processOperations();
    world.host.running.clear();
    world.chain.offline = true;
    const next = await makeWorld(world);
    expect(await next.gatekeeper.restoreDvms()).toEqual([]);
    expect([...world.host.running.keys()].sort()).toEqual(['a', 'c']);
    world.host.running.clear();
    world.host.failure = new Error('no libvirt');
    expect(await next.gatekeeper.restoreDvms()).toEqual(['a', 'c']);
  });

  it('a host that left brings nothing back', async () => {
    const world = await makeWorld();
    world.chain.ask(web);
    await world.gatekeeper.processOperations();
    await world.chain.leave();
    world.host.running.clear();
    const next = await makeWorld(world);
    await next.gatekeeper.restoreDvms();
    expect(world.host.running.size).toBe(0);
  });
});

describe('records', () => {
  it('are forgotten beyond the newest, but never those of DVMs that are to run', () => {
    const record = (id: bigint, kind: OperationRecord['operation']['kind']): OperationRecord => ({
      genesis: '0x00',
      operation: { id, host: BOB, kind, requestedAt: 1, deadline: 2 },
      phase: 'completed',
      outcome: { done: '', result: null },
    });
    const records = [record(1n, { ...web, name: 'kept' }), record(2n, web), record(3n, stopWeb), record(4n, web)];
    expect(forgettable(records, 1)).toEqual([2n, 3n]);
    expect(forgettable(records, 0)).toEqual([2n, 3n]);
    expect(forgettable(records)).toEqual([]);
  });

  it('carry reasons that the contract takes, whatever went wrong', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const reason = reasonText(text);
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(256);
        expect(reason).toBe(reason.toWellFormed());
        expect(reason).not.toMatch(/[\n\r\t]/);
      }),
    );
  });
});
