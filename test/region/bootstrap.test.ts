import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CLASS, LAB_VIP } from '../../lab/region/definition.ts';
import { type RegionLab, type RegionLine, startRegionLab } from '../../lab/region/operator.ts';
import { startOutside } from '../../lab/region/outside.ts';
import { type RegionServer, regionServersLack } from '../../lab/region/servers.ts';

/** Four clean Debian 13 servers, reached by SSH alone, become a region of OpenStack 2025.1 by one command. */
const SERVERS = 4;
const HOUR = 3_600_000;

const lack = await regionServersLack();
let lab: RegionLab;
/** What was said as the region was made. */
let said: string[] = [];
/** The server that lost its plug. */
let cut: RegionServer | undefined;

beforeAll(async () => {
  if (lack === undefined) lab = await startRegionLab(SERVERS);
});

afterAll(async () => {
  await lab?.close();
});

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

const resultOf = (lines: readonly RegionLine[]): RegionLine | undefined => lines.at(-1);

const phaseTimes = (lines: readonly RegionLine[]): RegionLine[] => lines.filter(({ event }) => event === 'phase');

describe('a region', () => {
  it('is made of clean servers by one command', async () => {
    const lines = await lab.bootstrap();
    process.stdout.write(
      `${phaseTimes(lines)
        .map((line) => JSON.stringify(line))
        .join('\n')}\n`,
    );
    said = lines.filter(({ event }) => event === 'note').map(({ message }) => String(message));
    expect(resultOf(lines)).toMatchObject({ ok: true, region: 'lab' });
  });

  it.each([
    ['stacks', /stack made: a network, and a port.*stack changed, in the same port.*stack gone/],
    ['a load balancer', /connections through [0-9.]+, member1: \d+, member2: \d+/],
    ['names', /www\.check\.lab\.example\.org\. is [0-9.]+ at [0-9.]+ and [0-9.]+.*gone at both/],
    ['a volume that keeps its data', /written by s3, read by s4/],
    ['chassis that write their own rows alone', /s4 is allowed to write its own row.* refused to write another's row/],
  ])('has used %s as it was made', (_, seen) => {
    expect(said.filter((line) => seen.test(line))).toHaveLength(1);
  });

  it("moves a router's way outside to the other server that can carry it", async () => {
    const on = async (script: string): Promise<string> => {
      const words = ['-c', `set -e; . /etc/logos-region/openrc; ${script}`];
      return (await lab.servers[0]?.host.exec('sh', words, { timeout: HOUR }))?.stdout.trim() ?? '';
    };
    const table = 'ovn-sbctl --no-leader-only --timeout=60 --bare --columns';
    const carrier = async (): Promise<RegionServer | undefined> => {
      const chassis = await on(`${table}=chassis find Port_Binding type=chassisredirect`);
      const name = chassis === '' ? '' : await on(`${table}=name list Chassis ${chassis}`);
      return lab.servers.find((server) => server.name === name);
    };
    const outside = await startOutside(lab.network);
    await on('openstack router create --external-gateway external moving');
    const address = await on("openstack router show -f json moving | grep -oE '10[.]88[.]0[.][0-9]+' | head -n 1");
    await outside.answers(address);
    const first = await carrier();
    expect(first?.name).toMatch(/^s[34]$/);
    await first?.host.exec('systemctl', ['stop', 'ovn-controller'], { timeout: HOUR });
    await until(async () => ![undefined, first].includes(await carrier()));
    process.stdout.write(`the way outside answers on another server after ${await outside.answers(address)} s\n`);
    await first?.host.exec('systemctl', ['start', 'ovn-controller'], { timeout: HOUR });
    await on('openstack router delete moving');
  });

  it('boots a guest in the aggregate of its class, with a volume, and keeps an object', async () => {
    const [controller] = lab.servers;
    const openstack = async (words: string): Promise<string> => {
      const script = `set -e; . /etc/logos-region/openrc; openstack ${words}`;
      return (await controller?.host.exec('sh', ['-c', script], { timeout: HOUR }))?.stdout.trim() ?? '';
    };
    const image = await openstack("image list -f value -c Name | grep -E '^logos-acceptance-[0-9a-f]+$'");
    const class_ = LAB_CLASS.name;
    await openstack(`server create --wait --flavor ${class_} --image ${image} --network logos-acceptance guest`);
    const host = await openstack('server show -f value -c OS-EXT-SRV-ATTR:host guest');
    expect(await openstack(`aggregate show -f json -c hosts ${class_}`)).toContain(`"${host}"`);
    await openstack('volume create --size 1 data');
    await openstack('server add volume guest data');
    await until(async () => (await openstack('volume show -f value -c status data')) === 'in-use');
    await until(async () => (await openstack('console log show guest')).includes('LOGOS-DVM-READY'));
    await openstack('container create kept');
    await openstack('object create kept /etc/hostname');
    expect(await openstack('object save --file - kept /etc/hostname')).toContain('s1');
    await openstack('server delete --wait guest');
  });

  it('is left as it is by the same command', async () => {
    const lines = await lab.bootstrap();
    expect(lines.filter(({ detail }) => (detail as { status?: string } | undefined)?.status === 'changed')).toEqual([]);
    expect(resultOf(lines)).toMatchObject({ ok: true, changed: 0 });
  });

  it('answers again when the server that has its address is cut off', async () => {
    const addresses = await Promise.all(lab.servers.map(({ host }) => host.exec('ip', ['-brief', 'address'])));
    const holder = lab.servers[addresses.findIndex(({ stdout }) => stdout.includes(LAB_VIP))];
    cut = holder;
    await holder?.plug(false);
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const args = ['--input-type=module', '--eval', ANSWERS];
    const { stdout } = await lab.operator.exec(process.execPath, args, { env, timeout: HOUR });
    process.stdout.write(`the API answers again after ${stdout.trim()} s\n`);
    expect(holder?.name).toMatch(/^s[12]$/);
    expect(Number(stdout)).toBeLessThan(60);
  });

  it('is taken off its servers, which are then what they were', async () => {
    await cut?.plug(true);
    const result = resultOf(await lab.reset());
    expect(result).toMatchObject({ ok: true, kept: [] });
    expect(result?.differences).toEqual(Object.fromEntries(lab.servers.map(({ name }) => [name, []])));
  });
});

/** Asks for the API until it answers three times running; gives how long that took, in seconds. */
const ANSWERS = `
const began = performance.now();
for (let right = 0; right < 3; ) {
  const signal = AbortSignal.timeout(3000);
  const answer = await fetch('https://${LAB_VIP}:5000/v3', { signal }).catch(() => undefined);
  right = answer?.status === 200 ? right + 1 : 0;
  await new Promise((resolve) => setTimeout(resolve, 250));
}
console.log(((performance.now() - began) / 1000).toFixed(1));`;

/** Waits for what an emulated guest does in its own time. */
async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await delay(2_000);
}
