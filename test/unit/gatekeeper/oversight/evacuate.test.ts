import { describe, expect, it } from 'vitest';
import type { HostResources, Operation, OperationKind, PlacementHost } from '../../../../src/chain/index.ts';
import { type EvacuatedChain, evacuate, guestsOf } from '../../../../src/gatekeeper/oversight/evacuate.ts';

const RECEIPT = { transaction: '0x00', block: '0x00', height: 1 } as const;
const NEEDS: HostResources = { vcpus: 1, memoryMiB: 256, diskGiB: 0 };
const SIGNER = { address: 'main' };

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
  const chain = {
    operationsOf: async (host: string) => operations.filter((one) => one.host === host),
    request: async (_: unknown, requestId: string, host: string, kind: OperationKind) => {
      told.push(`request ${host} ${requestId.length}`);
      operations.push(operation(BigInt(operations.length + 1), kind, 'requested', host));
      return { id: BigInt(operations.length), ...RECEIPT };
    },
    placement: {
      placement: async (guest: string) => {
        const host = places.get(guest);
        return host && { host, needs: NEEDS, by: 'main', since: 1 };
      },
      host: async () => hostOf('lost', 1_024),
      hosts: async () => [hostOf('lost', 1_024), ...hosts],
      move: async (_: unknown, guest: string, host: string) => {
        places.set(guest, host);
        told.push(`move ${guest} ${host}`);
        return RECEIPT;
      },
    },
    machines: { find: async (account: string) => states[account] && { machine: { state: states[account] } } },
  };
  return { chain: chain as unknown as EvacuatedChain, told, places };
}

describe('the guests of a machine', () => {
  it('are those that were started and not stopped since', () => {
    const names = (operations: Operation[]) => guestsOf(operations).map(({ kind }) => kind.name);
    expect(
      names([operation(1n, start('a')), operation(2n, start('b'), 'claimed'), operation(3n, start('c'), 'failed')]),
    ).toEqual(['a', 'b']);
    expect(names([operation(1n, start('a')), operation(2n, stop('a'))])).toEqual([]);
    expect(names([operation(1n, start('a')), operation(2n, stop('a'), 'failed')])).toEqual(['a']);
  });
});

describe('the guests of an excluded machine', () => {
  it('go to the host of their class with the most room that is in good standing', async () => {
    const hosts = [hostOf('one', 2_048), hostOf('most', 8_192), hostOf('closed', 9_000, { open: false })];
    const { chain, told } = region([...hosts, hostOf('other', 9_000, { class: 'large-1' }), hostOf('bad', 9_000)], {
      bad: 'suspended',
    });
    expect(await evacuate(chain, SIGNER, 'lost')).toEqual([{ guest: 'guest', to: 'most', operation: 2n }]);
    expect(told).toEqual(['request most 64', 'move guest most']);
  });

  it('are moved once, however often it is said', async () => {
    const { chain, told } = region([hostOf('one', 2_048)]);
    await evacuate(chain, SIGNER, 'lost');
    expect(await evacuate(chain, SIGNER, 'lost')).toEqual([]);
    expect(told).toHaveLength(2);
  });

  it('are asked for again where only their place was changed', async () => {
    const { chain, told, places } = region([hostOf('one', 2_048)]);
    places.set('guest', 'one');
    expect(await evacuate(chain, SIGNER, 'lost')).toEqual([{ guest: 'guest', to: 'one', operation: 2n }]);
    expect(told).toEqual(['request one 64']);
  });

  it('that find no place, or were never placed, are told of', async () => {
    const full = region([hostOf('full', 100)]);
    const [first] = await evacuate(full.chain, SIGNER, 'lost');
    expect(first).toMatchObject({ failed: expect.stringContaining('no other host of class small-1') });
    full.places.delete('guest');
    const [second] = await evacuate(full.chain, SIGNER, 'lost');
    expect(second).toMatchObject({ failed: expect.stringContaining('no host was ever recorded') });
  });
});
