import { describe, expect, it } from 'vitest';
import { backOff } from '../../../src/gatekeeper/backoff.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { buildGatekeeper, makeWorld, seedDefinition, type World } from './world.ts';

const web = { kind: 'start-dvm', name: 'web-1', template: 'small' } as const;

/** Until it holds, or fails after 5 s. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never came true');
    await systemClock.sleep(2);
  }
}

async function running(intervalMs: number): Promise<World & { end(): Promise<void> }> {
  const world = await makeWorld();
  const definition = await seedDefinition();
  Object.assign(definition.poll, { intervalMs, minimumGapMs: 1 });
  Object.assign(definition.retry, { attempts: 2, firstMs: 10, maximumMs: 40 });
  const gatekeeper = buildGatekeeper({ ...world, clock: systemClock, definition });
  const end = new AbortController();
  const loop = gatekeeper.run(end.signal);
  const stop = (): Promise<void> => {
    end.abort();
    return loop;
  };
  return { ...world, gatekeeper, end: stop };
}

describe('the loop', () => {
  it('takes an operation with the head that brings it, not with the interval', async () => {
    const { chain, host, end } = await running(600_000);
    await until(() => chain.height === 1);
    await systemClock.sleep(30);
    chain.ask(web);
    chain.tick();
    await until(() => chain.state(1n) === 'done');
    expect(host.started).toEqual(['web-1']);
    await end();
  });

  it('takes an operation with the interval when no head comes', async () => {
    const { chain, end } = await running(20);
    await systemClock.sleep(30);
    chain.ask(web);
    await until(() => chain.state(1n) === 'done');
    await end();
  });

  it('stays alive while the chain is gone, says so once, and goes on when it is back', async () => {
    const { chain, events, end } = await running(20);
    chain.offline = true;
    await until(() => events.some(({ code }) => code === 'chain-gone'));
    await systemClock.sleep(200);
    chain.ask(web);
    chain.offline = false;
    await until(() => events.some(({ code }) => code === 'chain-back'));
    expect(chain.state(1n)).toBe('done');
    expect(events.map(({ code }) => code)).toEqual(['chain-gone', 'operation-done', 'chain-back']);
    await end();
  });

  it('brings DVMs back that could not be started at first', async () => {
    const first = await makeWorld();
    first.chain.ask(web);
    await first.gatekeeper.processOperations();
    first.host.running.clear();
    first.host.failure = new Error('no libvirt yet');
    const definition = await seedDefinition();
    Object.assign(definition.poll, { intervalMs: 10, minimumGapMs: 1 });
    const next = await makeWorld({ ...first, definition });
    const end = new AbortController();
    const loop = next.gatekeeper.run(end.signal);
    await until(() => next.events.some(({ code }) => code === 'dvm-not-restored'));
    first.host.failure = undefined;
    await until(() => first.host.running.has('web-1'));
    end.abort();
    await loop;
  });

  it('goes on when what is to run can not be read', async () => {
    const world = await makeWorld();
    const { list } = world.store.operations;
    let failures = 2;
    world.store.operations.list = async (genesis) => {
      failures -= 1;
      if (failures >= 0) throw new Error('EMFILE: too many open files');
      return list(genesis);
    };
    const definition = await seedDefinition();
    Object.assign(definition.poll, { intervalMs: 10, minimumGapMs: 1 });
    const gatekeeper = buildGatekeeper({ ...world, clock: systemClock, definition });
    const end = new AbortController();
    const loop = gatekeeper.run(end.signal);
    world.chain.ask(web);
    await until(() => world.chain.state(1n) === 'done');
    expect(world.events.some(({ message }) => message.includes('EMFILE'))).toBe(true);
    end.abort();
    await loop;
  });

  it('ends soon after it is told to, also in the middle of an effect, which counts as not done', async () => {
    const { chain, host, end, home } = await running(20);
    host.startDvm = async (_operation, signal?: AbortSignal) => {
      await systemClock.sleep(60_000, signal);
      throw new Error('stopped');
    };
    const id = chain.ask(web);
    await until(() => chain.state(id) === 'claimed');
    await systemClock.sleep(20);
    await end();
    expect(chain.state(id)).toBe('claimed');
    const next = await makeWorld({ home, chain });
    await next.gatekeeper.processOperations();
    expect([chain.state(id), next.host.started]).toEqual(['done', ['web-1']]);
  });

  it('waits longer and longer, up to a limit', () => {
    const limits = { firstMs: 250, maximumMs: 8_000 };
    expect([1, 2, 3, 6, 7, 1_000].map((attempt) => backOff(attempt, limits))).toEqual([
      250, 500, 1000, 8000, 8000, 8000,
    ]);
  });
});
