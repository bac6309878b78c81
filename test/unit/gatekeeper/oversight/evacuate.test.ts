import { describe, expect, it } from 'vitest';
import type { HostResources, Operation, OperationKind, PlacementHost } from '../../../../src/chain/index.ts';
import { type EvacuatedChain, evacuate } from '../../../../src/gatekeeper/oversight/evacuate.ts';
import { guestsOf, stoppedGuests } from '../../../../src/gatekeeper/oversight/guests.ts';
import { keepPlaces, type PlacedChain, type Sizes } from '../../../../src/gatekeeper/oversight/keep-places.ts';

const RECEIPT = { transaction: '0x00', block: '0x00', height: 1 } as const;
const NEEDS: HostResources = { vcpus: 1, memoryMiB: 256, diskGiB: 0 };
const SIGNER = { address: 'main' };
const SIZES: Sizes = {
  capacityOf: (name) => (name === 'small-1' ? { vcpus: 2, memoryMiB: 1_024, diskGiB: 0 } : undefined),
  needsOf: (name) => (name === 'small' ? NEEDS : undefined),
};

function operation(id: bigint, kind: OperationKind, state: Operation['state'] = 'done', host = 'lost'): Operation {
  return { id, host, kind, state, requestedAt: 1, deadline: 100 } as Operation;
}
const start = (name: string) => ({ kind: 'start-dvm', name, template: 'small' }) as const;
const stop = (name: string) => ({ kind: 'stop-dvm', name }) as const;

function hostOf(account: string, memoryMiB: number, over: Partial<PlacementHost> = {}) {
  const capacity = { vcpus: 8, memoryMiB, diskGiB: 100 };
  const used = { vcpus: 0, memoryMiB: 0, diskGiB: 0 };
  return { account, class: 'small-1', capacity, used, guests: 0, open: true, ...over };
}

/** A region, and what was told to its chain. */
function region(hosts: ReturnType<typeof hostOf>[], states: Record<string, string> = {}) {
  const places = new Map([['guest', 'lost']]);
  const operations = [operation(1n, start('guest'))];
  const told: string[] = [];
  const asked = new Set<string>();
  const known = [hostOf('lost', 1_024), ...hosts];
  const tell = (what: string) => {
    told.push(what);
    return RECEIPT;
  };
  const put = (what: string) => async (_: unknown, guest: string, host: string) => {
    places.set(guest, host);
    return tell(`${what} ${guest} ${host}`);
  };
  const chain = {
    operationsOf: async (host: string) => operations.filter((one) => one.host === host),
    request: async (_: unknown, requestId: string, host: string, kind: OperationKind) => {
      if (!asked.has(requestId)) operations.push(operation(BigInt(operations.length + 1), kind, 'requested', host));
      asked.add(requestId);
      return { id: BigInt(operations.length), ...tell(`request ${host}`) };
    },
    member: async () => ({ standing: 'admitted', admission: { class: 'small-1', path: 'qemu' } }),
    placement: {
      placement: async (guest: string) => {
        const host = places.get(guest);
        return host && { host, needs: NEEDS, by: 'main', since: 1 };
      },
      host: async (account: string) => known.find((host) => host.account === account),
      hosts: async () => known,
      setHost: async (_: unknown, account: string, state: Partial<PlacementHost>) => {
        known.push(hostOf(account, 0, state));
        return tell(`host ${account}`);
      },
      move: put('move'),
      place: put('place'),
      release: async (_: unknown, guest: string) => {
        places.delete(guest);
        return tell(`release ${guest}`);
      },
    },
    machines: { find: async (account: string) => states[account] && { machine: { state: states[account] } } },
  };
  /** What became of the last operation. */
  const ends = (state: Operation['state']) => Object.assign(operations.at(-1) ?? {}, { state });
  const look = () => evacuate(chain as unknown as EvacuatedChain, SIGNER, 'lost', SIZES);
  return { chain: chain as unknown as EvacuatedChain & PlacedChain, look, told, places, operations, states, ends };
}

describe('the guests of a machine', () => {
  it('are those that were started and not stopped since', () => {
    const names = (operations: Operation[]) => guestsOf(operations).map(({ kind }) => kind.name);
    expect(
      names([operation(1n, start('a')), operation(2n, start('b'), 'claimed'), operation(3n, start('c'), 'failed')]),
    ).toEqual(['a', 'b']);
    expect(names([operation(1n, start('a')), operation(2n, stop('a'))])).toEqual([]);
    expect(names([operation(1n, start('a')), operation(2n, stop('a'), 'failed')])).toEqual(['a']);
    expect(stoppedGuests([operation(1n, start('a')), operation(2n, stop('a'))])).toEqual(['a']);
    expect(stoppedGuests([operation(1n, stop('a')), operation(2n, start('a'), 'claimed')])).toEqual([]);
  });
});

describe('the guests of an excluded machine', () => {
  it('go to the host of their class with the most room that is in good standing: on record first, then asked for', async () => {
    const hosts = [hostOf('one', 2_048), hostOf('most', 8_192), hostOf('closed', 9_000, { open: false })];
    const { look, told } = region([...hosts, hostOf('other', 9_000, { class: 'large-1' }), hostOf('bad', 9_000)], {
      bad: 'suspended',
    });
    expect(await look()).toEqual([{ guest: 'guest', to: 'most', is: 'asked', operation: 2n }]);
    expect(told).toEqual(['move guest most', 'request most']);
  });

  it('are moved once, however often it is said', async () => {
    const { look, told, ends } = region([hostOf('one', 2_048), hostOf('two', 1_024)]);
    await look();
    expect(await look()).toMatchObject([{ is: 'starting', to: 'one' }]);
    ends('done');
    expect(await look()).toMatchObject([{ is: 'over', to: 'one' }]);
    expect(told).toHaveLength(2);
  });

  it('are asked for where the record says, whoever made it', async () => {
    const { look, told, places } = region([hostOf('one', 2_048), hostOf('two', 8_192)]);
    places.set('guest', 'one');
    expect(await look()).toEqual([{ guest: 'guest', to: 'one', is: 'asked', operation: 2n }]);
    expect(told).toEqual(['request one']);
  });

  it('are asked for again when the start came to nothing, and then of another host', async () => {
    const { look, told, ends } = region([hostOf('one', 2_048), hostOf('two', 1_024)]);
    for (const state of ['failed', 'expired', 'failed'] as const) {
      await look();
      ends(state);
    }
    await look();
    ends('done');
    expect(await look()).toMatchObject([{ is: 'over', to: 'two' }]);
    const asked = ['request one', 'request one', 'request one', 'move guest two', 'request two'];
    expect(told).toEqual(['move guest one', ...asked]);
  });

  it('go on to a third host when the second is excluded before they started', async () => {
    const { look, told, states } = region([hostOf('one', 2_048), hostOf('two', 1_024)]);
    await look();
    states.one = 'excluded';
    expect(await look()).toMatchObject([{ is: 'asked', to: 'two' }]);
    expect(told.slice(2)).toEqual(['move guest two', 'request two']);
  });

  it('stay stopped where somebody stopped them since, also when their place was given back', async () => {
    const { look, told, places, operations, ends } = region([hostOf('one', 2_048)]);
    await look();
    ends('done');
    operations.push(operation(9n, stop('guest'), 'done', 'one'));
    places.delete('guest');
    expect(await look()).toMatchObject([{ is: 'over' }]);
    expect(told).toHaveLength(2);
  });

  it('that were never placed are placed; those that find no place are told of', async () => {
    const full = region([hostOf('full', 100)]);
    expect(await full.look()).toMatchObject([{ why: expect.stringContaining('no other host of class small-1') }]);
    const { look, told, places } = region([hostOf('one', 2_048)]);
    places.delete('guest');
    expect(await look()).toMatchObject([{ is: 'asked', to: 'one' }]);
    expect(told).toEqual(['place guest one', 'request one']);
  });
});

describe('places on record', () => {
  it('are of hosts that were admitted, and of guests that run, once; those that were stopped are given back', async () => {
    const { chain, told, operations, places } = region([]);
    places.clear();
    operations.push(operation(2n, start('other'), 'done', 'new'), operation(3n, start('gone'), 'failed', 'new'));
    const settled = new Set<string>();
    const keep = () => keepPlaces(chain, SIGNER, ['lost', 'new'], SIZES, settled);
    expect([await keep(), await keep()]).toEqual([[], []]);
    expect(told).toEqual(['place guest lost', 'host new', 'place other new']);
    operations.push(operation(4n, stop('other'), 'done', 'new'));
    await keep();
    expect(told.slice(3)).toEqual(['release other']);
    // A guest that is elsewhere keeps its place there.
    places.set('other', 'lost');
    operations.push(operation(5n, stop('other'), 'done', 'new'));
    await keep();
    expect(told).toHaveLength(4);
  });

  it('that can’t be made are told of, and the others are made', async () => {
    const { chain, told, operations, places } = region([]);
    places.clear();
    operations.push(operation(2n, { kind: 'start-dvm', name: 'odd', template: 'none' }));
    const faults = await keepPlaces(chain, SIGNER, ['lost'], SIZES, new Set());
    expect(faults).toMatchObject([{ guest: 'odd', why: expect.stringContaining('no template') }]);
    expect(told).toEqual(['place guest lost']);
  });
});
