import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogosChain } from '../../../src/chain/index.ts';
import { type GatekeeperStore, type HostEffects, openGatekeeperStore } from '../../../src/gatekeeper/index.ts';
import { canonicalJson, sha256Hex } from '../../../src/system/canonical.ts';
import type { Home } from '../../../src/system/home.ts';
import { BOB, MemoryChain } from './memory-chain.ts';
import { ADMISSION, buildGatekeeper, DvmHost, hastyClock, seedDefinition, temporaryHome, waitingIn } from './world.ts';

const definition = await seedDefinition();

/** Ends one life of the gatekeeper at its `at`-th touch of the world: what is called then, or later, never returns. */
class Killer {
  count = 0;
  readonly killed: Promise<void>;
  readonly #at: number;
  #kill = (): void => {};

  constructor(at: number) {
    this.#at = at;
    this.killed = new Promise((resolve) => {
      this.#kill = resolve;
    });
  }

  async #point(): Promise<void> {
    this.count += 1;
    if (this.count < this.#at) return;
    this.#kill();
    await new Promise(() => {});
  }

  /** `object`, with a point before and one after each of these methods: not begun, and done with the answer lost. */
  around<T extends object>(object: T, methods: readonly (keyof T)[]): T {
    return new Proxy(object, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (!methods.includes(key as keyof T)) return value.bind(target);
        return async (...args: unknown[]) => {
          await this.#point();
          const result: unknown = await value.apply(target, args);
          await this.#point();
          return result;
        };
      },
    });
  }
}

interface Lives {
  home: Home;
  chain: MemoryChain;
  host: DvmHost;
}

/** One life: passes until nothing is open, or until it is killed. Gives how many points it went through. */
async function live({ home, chain, host }: Lives, killAt: number): Promise<number> {
  const killer = new Killer(killAt);
  const opened = await openGatekeeperStore(home);
  const store: GatekeeperStore = {
    outbox: killer.around(opened.outbox, ['put', 'remove']),
    operations: killer.around(opened.operations, ['save', 'remove']),
    requests: killer.around(opened.requests, ['append']),
    commands: opened.commands,
    close: opened.close,
  };
  const gatekeeper = buildGatekeeper({
    chain: killer.around<LogosChain>(chain, ['claim', 'complete', 'openOperations', 'operation']),
    host: killer.around<HostEffects>(host, ['startDvm', 'stopDvm']),
    events: [],
    clock: hastyClock(),
    store,
    definition,
  });
  const work = async (): Promise<void> => {
    await gatekeeper.restoreDvms();
    for (let pass = 0; pass < 3; pass += 1) await gatekeeper.processOperations();
  };
  await Promise.race([work(), killer.killed]);
  // The kernel does as much for a process that was killed.
  opened.close();
  return killer.count;
}

async function begin(): Promise<Lives> {
  const chain = new MemoryChain();
  chain.members.set(BOB, { standing: 'admitted', admission: { ...ADMISSION }, since: 1 });
  for (const kind of [
    { kind: 'start-dvm', name: 'a', template: 'small' },
    { kind: 'start-dvm', name: 'b', template: 'small' },
    { kind: 'stop-dvm', name: 'a' },
    { kind: 'start-dvm', name: 'c', template: 'unknown' },
  ] as const) {
    chain.ask(kind, 10_000);
  }
  return { home: await temporaryHome(), chain, host: new DvmHost() };
}

/** Exactly once: each DVM started and stopped once, each operation ended once, each result on disk as the chain has it. */
async function expectExactlyOnce({ home, chain, host }: Lives): Promise<void> {
  expect([host.started, host.stopped, [...host.running.keys()]]).toEqual([['a', 'b'], ['a'], ['b']]);
  expect([1n, 2n, 3n, 4n].map((id) => chain.state(id))).toEqual(['done', 'done', 'done', 'failed']);
  expect(chain.transactions.filter((what) => what === 'claim')).toHaveLength(4);
  expect(chain.transactions.filter((what) => what === 'complete')).toHaveLength(4);
  for (const id of [1n, 2n, 3n]) {
    const record = JSON.parse(await readFile(join(home.gatekeeper, 'operations', `${id}.json`), 'utf8'));
    expect(record.phase).toBe('completed');
    expect(chain.outcome(id)).toEqual({ done: sha256Hex(canonicalJson(record.outcome.result)) });
  }
  expect(waitingIn(home)).toEqual([]);
}

describe('killed', { timeout: 120_000 }, () => {
  it('at any point, the next life ends everything exactly once', async () => {
    const whole = await begin();
    const points = await live(whole, Number.POSITIVE_INFINITY);
    await expectExactlyOnce(whole);
    expect(points).toBeGreaterThan(80);
    for (let at = 1; at <= points; at += 1) {
      const lives = await begin();
      await live(lives, at);
      await live(lives, Number.POSITIVE_INFINITY);
      await expectExactlyOnce(lives);
    }
  });

  it('again and again, the last life ends everything exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }), async (kills) => {
        const lives = await begin();
        for (const at of kills) await live(lives, at);
        await live(lives, Number.POSITIVE_INFINITY);
        await expectExactlyOnce(lives);
      }),
      { numRuns: 25 },
    );
  });

  it('while the host loses its DVMs too (a reboot), each of them runs again', async () => {
    const points = await live(await begin(), Number.POSITIVE_INFINITY);
    for (let at = 1; at <= points; at += 5) {
      const lives = await begin();
      await live(lives, at);
      lives.host.running.clear();
      await live(lives, Number.POSITIVE_INFINITY);
      expect([...lives.host.running.keys()]).toEqual(['b']);
      expect([1n, 2n, 3n, 4n].map((id) => lives.chain.state(id))).toEqual(['done', 'done', 'done', 'failed']);
    }
  });
});
