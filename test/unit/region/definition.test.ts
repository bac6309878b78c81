import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeDefinition, parseDefinition, parseServer } from '../../../src/region/index.ts';
import { isInside, overlap } from '../../../src/region/networks.ts';
import { UserError } from '../../../src/system/errors.ts';
import { cases } from '../../cases.ts';
import { hostKey, parsed, written } from './region-world.ts';

/** The code and place of what a definition is refused for. */
function refused(value: unknown): string {
  try {
    parsed(value);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.nextSteps.at(-1)).toContain('nothing was changed');
    return `${error.code} ${error.message.split(': ')[0]}`;
  }
  return 'accepted';
}

const changed = (change: (value: ReturnType<typeof written>) => void): unknown => {
  const value = written();
  change(value);
  return value;
};

/** Outside of a region, rightly. */
const OUTSIDE = { network: '203.0.113.0/24', from: '203.0.113.10', to: '203.0.113.20', interface: 'eth1' };

describe('a definition', () => {
  it('gets the default placement of four servers, a class and the defaults', () => {
    const { servers, bufferPercent, networks } = parsed();
    expect(servers.map(({ roles }) => roles.join(' '))).toEqual([
      'controller',
      'controller',
      'arbiter network compute storage',
      'network compute storage',
    ]);
    expect(servers[0]).toMatchObject({ class: 'compute-1', ssh: { port: 22, user: 'root' } });
    expect([bufferPercent, networks.datapath]).toEqual([30, 'system']);
  });

  it('has all services but those that it leaves out', () => {
    expect(parsed().services).toEqual(['heat', 'octavia', 'designate']);
    expect(parsed({ ...written(), services: ['heat'] }).services).toEqual(['heat']);
    expect(parsed(changed((it) => Object.assign(it.networks, { external: OUTSIDE }))).networks.external).toEqual(
      OUTSIDE,
    );
  });

  it.each<[string, string, (value: ReturnType<typeof written>) => void]>([
    ['three servers', 'region-servers-too-few /servers', (it) => it.servers.pop()],
    [
      'one address twice',
      'region-address-duplicate /servers/2/address',
      (it) => Object.assign(it.servers[2] ?? {}, { address: '10.0.0.11' }),
    ],
    [
      'one name twice',
      'region-name-duplicate /servers/3/name',
      (it) => Object.assign(it.servers[3] ?? {}, { name: 's1' }),
    ],
    [
      'one host key twice',
      'region-host-key-duplicate /servers/1/ssh/hostKey',
      (it) => Object.assign(it.servers[1] ?? {}, { ssh: { hostKey: hostKey(1) } }),
    ],
    [
      "a server's address as the virtual one",
      'region-address-duplicate /vip',
      (it) => Object.assign(it, { vip: '10.0.0.12' }),
    ],
    [
      'networks that overlap',
      'region-networks-overlap /networks/tenant',
      (it) => Object.assign(it.networks, { tenant: '10.0.0.0/16' }),
    ],
    [
      'a server outside of the network',
      'region-address-outside /servers/0/address',
      (it) => Object.assign(it.servers[0] ?? {}, { address: '10.0.1.11' }),
    ],
    [
      'an outside that is a network of its own',
      'region-networks-overlap /networks/external',
      (it) => Object.assign(it.networks, { external: { ...OUTSIDE, network: '10.64.0.0/16' } }),
    ],
    [
      'addresses outside that the network has not',
      'region-address-outside /networks/external/to',
      (it) => Object.assign(it.networks, { external: { ...OUTSIDE, to: '203.0.114.20' } }),
    ],
    [
      'addresses outside from the last to the first',
      'region-address-outside /networks/external/to',
      (it) => Object.assign(it.networks, { external: { ...OUTSIDE, to: '203.0.113.9' } }),
    ],
    [
      'a service that is none',
      'region-definition-malformed /services/0',
      (it) => Object.assign(it, { services: ['mail'] }),
    ],
    ['the broadcast address', 'region-address-outside /vip', (it) => Object.assign(it, { vip: '10.0.0.255' })],
    [
      'a key that is none',
      'region-key-unknown /servers/0/ssh/password',
      (it) => Object.assign(it.servers[0]?.ssh ?? {}, { password: 'x' }),
    ],
    ['a key at the top that is none', 'region-key-unknown /region', (it) => Object.assign(it, { region: 'x' })],
    [
      'no host key',
      'region-definition-malformed /servers/0/ssh/hostKey',
      (it) => Object.assign(it.servers[0] ?? {}, { ssh: {} }),
    ],
    [
      'a class that is none',
      'region-class-unknown /servers/0/class',
      (it) => Object.assign(it.servers[0] ?? {}, { class: 'other' }),
    ],
    [
      'one controller',
      'region-placement-short /servers',
      (it) => Object.assign(it.servers[0] ?? {}, { roles: ['compute'] }),
    ],
    [
      'an even number of votes',
      'region-placement-short /servers',
      (it) => Object.assign(it.servers[3] ?? {}, { roles: ['arbiter', 'network', 'compute', 'storage'] }),
    ],
    [
      'netdev without cards for tunnels',
      'region-tunnel-missing /servers/0/tunnel',
      (it) => Object.assign(it.networks, { datapath: 'netdev' }),
    ],
    // No role reads these: an operator would wait for their effect in vain.
    [
      'a network that is none',
      'region-key-unknown /networks/storage',
      (it) =>
        Object.assign(it.networks, {
          storage: { cidr: '203.0.113.0/24', gateway: '203.0.113.1', from: '203.0.113.2', to: '203.0.113.9' },
        }),
    ],
    ['an MTU', 'region-key-unknown /networks/mtu', (it) => Object.assign(it.networks, { mtu: 1400 })],
    ...['localhost', 'all', 'ungrouped', 'region', 'controller', 'arbiter', 'network', 'compute', 'storage'].map(
      (name): [string, string, (value: ReturnType<typeof written>) => void] => [
        `a server named ${name}`,
        'region-name-reserved /servers/1/name',
        (it) => Object.assign(it.servers[1] ?? {}, { name }),
      ],
    ),
  ])('with %s is refused: %s', (_, code, change) => {
    expect(refused(changed(change))).toBe(code);
  });

  it('tells all that is wrong at once', () => {
    const bad = changed((it) => {
      it.servers.pop();
      Object.assign(it, { vip: '10.9.9.9' });
    });
    expect(() => parsed(bad)).toThrow(
      expect.objectContaining({ nextSteps: expect.arrayContaining([expect.stringContaining('/vip: 10.9.9.9')]) }),
    );
  });

  it('is refused with a typed error, whatever it holds', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ ...written(), servers: value })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          parseDefinition(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        throw new Error('accepted');
      }),
      { numRuns: cases(200) },
    );
  });

  it('is read back as init composes it', () => {
    const { networks, servers, classes: _, ...rest } = written();
    const definition = parseDefinition(
      Buffer.from(
        composeDefinition(
          {
            ...(rest as { name: string; domain: string; vip: string }),
            ...(networks as { management: string; tenant: string }),
            servers: ['s1=10.0.0.11', 's2=admin@10.0.0.12:2222', 's3=10.0.0.13', 's4=10.0.0.14'],
            classes: ['compute-1=1,1024,10'],
          },
          Object.fromEntries(servers.map(({ name }, index) => [name, hostKey(index + 1)])),
        ),
      ),
    );
    expect(definition.servers[1]).toMatchObject({
      address: '10.0.0.12',
      ssh: { user: 'admin', port: 2222, hostKey: hostKey(2) },
    });
    expect(() => parseServer('s1 10.0.0.11')).toThrow(expect.objectContaining({ code: 'wrong-usage' }));
  });
});

describe('networks', () => {
  const network = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 8, max: 30 }))
    .map(([number, prefix]) => {
      const size = 2 ** (32 - prefix);
      const first = Math.floor(number / size) * size;
      return { first, last: first + size - 1, text: `${dotted(first)}/${prefix}` };
    });

  it('overlap exactly when their ranges of numbers do', () => {
    fc.assert(
      fc.property(network, network, (one, other) => {
        expect(overlap(one.text, other.text)).toBe(one.first <= other.last && other.first <= one.last);
      }),
      { numRuns: cases(300) },
    );
  });

  it('hold exactly the addresses of their range', () => {
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (one, number) => {
        expect(isInside(dotted(number), one.text)).toBe(one.first <= number && number <= one.last);
      }),
      { numRuns: cases(300) },
    );
  });
});

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
