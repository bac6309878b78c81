import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { digestOf, type NativeHost, startNativeHost } from '../../lab/native-host.ts';
import { type LabNetwork, startLabNetwork } from '../../lab/network.ts';
import { untilAnswer } from '../../lab/openstack/api.ts';
import { CLIENT_WRITES, installClient, openrc } from '../../lab/openstack/client.ts';
import { OFFER } from '../../lab/openstack/contents.ts';
import { type OpenStackLab, openStackLacks, startOpenStack } from '../../lab/openstack/region.ts';
import { requestsFrom } from '../../lab/openstack/requests.ts';
import type { Home } from '../../src/system/home.ts';

/**
 * A user types `openstack …` on a host of the region, and a real OpenStack does it: Keystone, Glance, Placement, Nova with libvirt and
 * QEMU, Neutron with OVN. In between are the shim, the gatekeeper, the chain and the sandbox that the client runs in.
 */
const CREATE = [
  ...['openstack', 'server', 'create', '--image', OFFER.image, '--flavor', OFFER.flavor],
  ...['--network', OFFER.network, '--property', 'asked-by=gatekeeper', '--wait'],
];
/** A server's start and the host's way there and back, all emulated, on a machine that does other things as well. */
const SERVER_MS = 300_000;
const FOUNDING_MS = 30 * 60_000;

let network: LabNetwork;
let cloud: OpenStackLab;
let host: NativeHost;
const lacks = openStackLacks();

beforeAll(async () => {
  if (await lacks) return;
  network = await startLabNetwork();
  cloud = await startOpenStack(network);
  host = await startNativeHost(network, {
    name: 'controller',
    tools: ['openstack'],
    own: CLIENT_WRITES,
    prepare: async (machine, home) => {
      await installClient(machine);
      await giveCredentials(home);
    },
  });
}, FOUNDING_MS);

afterAll(async () => {
  await host?.close();
  await cloud?.stop();
  await network?.close();
}, 120_000);

async function giveCredentials(home: Home): Promise<void> {
  const directory = join(home.gatekeeper, 'credentials/openstack');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'openrc'), openrc(cloud.authUrl, cloud.credentials), { mode: 0o600 });
}

interface Server {
  id: string;
  name: string;
  status: string;
  metadata: Record<string, string>;
  image: { id: string };
  flavor: { id: string };
  addresses: Record<string, { addr: string }[]>;
}

async function servers(): Promise<Server[]> {
  const all = await cloud.api.call<{ servers: Server[] }>('GET', 'compute', '/servers/detail');
  // Nova may show one for a moment after it is gone.
  return all.servers.filter(({ status }) => status !== 'DELETED');
}

/** `logos gatekeeper requests …` on the host. */
async function logos<T>(...words: readonly string[]): Promise<T> {
  const args = [join(import.meta.dirname, '../../bin/dev.js'), 'gatekeeper', 'requests', ...words, '--json'];
  const { stdout } = await host.machine.exec(process.execPath, args, { env: { LOGOS_HOME: host.home.root } });
  return JSON.parse(stdout) as T;
}

async function needs(ctx: TestContext): Promise<void> {
  const missing = await lacks;
  if (missing) ctx.skip(`needs ${missing}`);
}

describe('an OpenStack request', () => {
  let created: Server;
  /** The newest operation. */
  let last = 0n;

  test('typed by a user is an operation on chain, and the server is there', { timeout: SERVER_MS }, async (ctx) => {
    await needs(ctx);
    const typed = await host.type([...CREATE, 'first']);
    expect(typed).toMatchObject({ exitCode: 0, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) });

    const journey = await host.operation(typed.operation ?? 0n);
    expect(journey.onChain).toMatchObject({
      state: 'done',
      kind: { kind: 'run', operation: 'openstack/server-create' },
    });
    expect(journey.events.map(({ name }) => name)).toEqual([
      'OperationRequested',
      'OperationApproved',
      'OperationClaimed',
      'OperationCompleted',
    ]);
    // The chain has the digest of what the host says, which has the digest of what the client printed.
    expect(journey.result).toMatchObject({ exitCode: 0, logBytes: Buffer.byteLength(journey.log) });
    expect(JSON.stringify(journey.events.at(-1)?.fields)).toContain(digestOf(journey.result ?? null));

    const all = await servers();
    expect(all).toHaveLength(1);
    created = all[0] as Server;
    expect(created).toMatchObject({
      name: 'first',
      status: 'ACTIVE',
      metadata: { 'asked-by': 'gatekeeper' },
      addresses: { [OFFER.network]: [{ addr: expect.stringMatching(/^10\.99\.0\.\d+$/) }] },
    });
    const image = await cloud.api.call<{ name: string }>('GET', 'image', `/v2/images/${created.image.id}`);
    expect(image.name).toBe(OFFER.image);
    const { flavor } = await cloud.api.call<{ flavor: { name: string } }>(
      'GET',
      'compute',
      `/flavors/${created.flavor.id}`,
    );
    expect(flavor.name).toBe(OFFER.flavor);
    expect(journey.log).toContain(created.id);
  });

  test('leaves a trace through every stage', async (ctx) => {
    await needs(ctx);
    const { requests } = await logos<{ requests: { id: string; kind: string }[] }>('list');
    const { id } = requests.find(({ kind }) => kind === 'run-command') ?? {};
    const { trace } = await logos<{ trace: { steps: { step: string; state: string }[] } }>('trace', `${id}`);
    expect(trace.steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      ...['native passed', 'access passed', 'validate passed', 'translate passed', 'execute passed'],
      ...['event passed', 'claim passed', 'run passed', 'report passed'],
    ]);
  });

  test('is a machine in QEMU that boots', { timeout: SERVER_MS }, async (ctx) => {
    await needs(ctx);
    const { stdout } = await cloud.host.exec('virsh', ['--connect', 'qemu:///system', 'list', '--uuid']);
    expect(stdout.trim()).toBe(created.id);
    const console = () =>
      cloud.api.call<{ output: string }>('POST', 'compute', `/servers/${created.id}/action`, {
        'os-getConsoleOutput': {},
      });
    const { output } = await untilAnswer(
      console,
      (answer) => answer.output.includes('LOGOS-DVM-READY'),
      'a system in the server',
      SERVER_MS,
    );
    expect(output).toContain('LOGOS-DVM-READY');
  });

  test('that the cloud refuses fails on chain as well', { timeout: SERVER_MS }, async (ctx) => {
    await needs(ctx);
    const typed = await host.type(CREATE.map((word) => (word === OFFER.flavor ? 'none.1' : word)).concat('second'));
    expect(typed).toMatchObject({ exitCode: 1, output: expect.stringContaining('exit code 1') });
    last = typed.operation ?? 0n;
    const journey = await host.operation(last);
    expect(journey.onChain?.state).toBe('failed');
    expect(journey.log).toContain('none.1');
    expect(await servers()).toHaveLength(1);
  });

  test.for([
    ['with an option that its library forbids', ['--user-data', '/etc/passwd', 'third'], '"--user-data" is forbidden'],
    ['to another cloud', ['--os-auth-url', 'http://10.77.0.200:5000/v3', 'third'], '"--os-auth-url" is forbidden'],
    ['with an abbreviated option', ['--no-net', 'third'], '"--no-net" is shortened'],
    // A Cyrillic letter in the place of a Latin one.
    ['with a look-alike in a name', ['thіrd'], 'U+0456'],
  ] as const)('%s is refused and reaches neither chain nor cloud', async ([, words, says], ctx) => {
    await needs(ctx);
    const before = await requestsFrom(cloud.host, host.machine.address);
    expect(before).toBeGreaterThan(0);
    const typed = await host.type([...CREATE, ...words]);
    expect(typed).toMatchObject({ exitCode: 3, operation: undefined, output: expect.stringContaining(says) });
    expect(await host.chain.operation(last + 1n)).toBeUndefined();
    expect(await requestsFrom(cloud.host, host.machine.address)).toBe(before);
  });

  test('can be taken back by the same way', { timeout: SERVER_MS }, async (ctx) => {
    await needs(ctx);
    const typed = await host.type(['openstack', 'server', 'delete', '--wait', 'first']);
    const { log } = await host.operation(typed.operation ?? 0n);
    expect({ exitCode: typed.exitCode, log }).toEqual({ exitCode: 0, log: '' });
    expect(await servers()).toEqual([]);
  });
});
