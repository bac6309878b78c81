import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CLASS, LAB_VIP } from '../../lab/region/definition.ts';
import { type RegionLab, startRegionLab } from '../../lab/region/operator.ts';
import { regionServersLack } from '../../lab/region/servers.ts';

/** A compute is lost whose class has no more than the buffer left: its guest is rebuilt there, and nobody else gets in. */
const SERVERS = 4;
const HOUR = 3_600_000;

const lack = await regionServersLack();
let lab: RegionLab;
let guest: { id: string; host: string };

beforeAll(async () => {
  if (lack !== undefined) return;
  lab = await startRegionLab(SERVERS);
  await lab.bootstrap();
});

afterAll(async () => {
  await lab?.close();
});

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

/** Runs Python with `cloud`, a connection as the region's administrator, on the first controller; gives what it printed. */
async function python(script: string): Promise<string> {
  const words = ['-c', `. /etc/logos-region/openrc; exec python3 -c "$0"`, `${CLOUD}\n${script}`];
  return (await lab.servers[0]?.host.exec('sh', words, { timeout: HOUR }))?.stdout.trim() ?? '';
}

const serverNamed = (name: string) => lab.servers.find((server) => server.name === name);
const guestsOn = async (name: string): Promise<string> => {
  const pgrep = ['-c', "pgrep --full --list-full 'guest=instance-' | grep -o 'guest=instance-[0-9a-f]*' || true"];
  return (await serverNamed(name)?.host.exec('sh', pgrep))?.stdout.trim() ?? '';
};

describe('a class of which the buffer alone is left', () => {
  it('takes no more guests', async () => {
    guest = JSON.parse(await python(`${BOOT}\nprint(json.dumps(boot('kept')))`)) as typeof guest;
    expect(['s3', 's4']).toContain(guest.host);
    // What is not the buffer is taken, as by guests, on every compute.
    await python(FILL);
    const refused = await python(`${BOOT}\nprint(json.dumps(boot('refused')))`);
    expect(refused).toContain('No valid host');
  });

  it('has the guests of a lost server rebuilt there', async () => {
    const lost = serverNamed(guest.host);
    await lost?.plug(false);
    const result = (await lab.failover(guest.host, '--powered-off')).at(-1);
    process.stdout.write(`${JSON.stringify(result)}\n`);
    const other = guest.host === 's3' ? 's4' : 's3';
    expect(result).toMatchObject({
      ok: true,
      answers: false,
      guests: [{ id: guest.id, status: 'ACTIVE', host: other }],
    });
    expect(await guestsOn(other)).toMatch(/^guest=instance-[0-9a-f]{8}$/);
  });

  it('takes no more guests after that either', async () => {
    expect(await python(`${BOOT}\nprint(json.dumps(boot('refused')))`)).toContain('No valid host');
  });

  it('has no guest twice once the lost server is back', async () => {
    const before = guest.host;
    await serverNamed(before)?.plug(true);
    expect((await lab.failover(guest.host, '--back')).at(-1)).toMatchObject({ ok: true });
    while ((await guestsOn(guest.host)) !== '') await delay(1_000);
    guest.host = await python(`print(cloud.compute.get_server('${guest.id}').compute_host)`);
    expect(guest.host).not.toBe(before);
  });
});

describe('a region that loses the server with its address', () => {
  it('answers again, and its guests go on', async () => {
    const addresses = await Promise.all(lab.servers.map(({ host }) => host.exec('ip', ['-brief', 'address'])));
    const holder = lab.servers[addresses.findIndex(({ stdout }) => stdout.includes(LAB_VIP))];
    expect(holder?.name).toMatch(/^s[12]$/);
    const host = serverNamed(guest.host)?.host;
    const process_ = async () => {
      const ps = await host?.exec('sh', ['-c', 'ps -o pid=,cputimes= -p "$(pgrep --full guest=instance-)"']);
      const [pid = 0, seconds = 0] = ps?.stdout.trim().split(/\s+/).map(Number) ?? [];
      return { pid, seconds };
    };
    const earlier = await process_();
    await holder?.plug(false);
    const again = await host?.exec('python3', ['-c', ANSWERS], { timeout: HOUR });
    process.stdout.write(`the API answers again after ${again?.stdout.trim()} s\n`);
    let now = await process_();
    // An idle guest takes little time, but it takes some.
    while (now.pid === earlier.pid && now.seconds <= earlier.seconds) {
      await delay(1_000);
      now = await process_();
    }
    expect(now.pid).toBe(earlier.pid);
    await holder?.plug(true);
    expect((await lab.bootstrap()).at(-1)).toMatchObject({ ok: true });
  });
});

/** Asks for the API until it answers three times running; prints how long that took, in seconds. */
const ANSWERS = `
import ssl, time, urllib.request
began, right = time.monotonic(), 0
while right < 3:
    try:
        urllib.request.urlopen('https://${LAB_VIP}:5000/v3', timeout=3, context=ssl._create_unverified_context())
        right += 1
    except OSError:
        right = 0
    time.sleep(0.25)
print('%.1f' % (time.monotonic() - began))`;

const CLOUD = `
import json, openstack, uuid
cloud = openstack.connect()`;

/** A guest that is at work, as number and host; or why it is not. */
const BOOT = `
import time
def boot(name):
    image = next(each for each in cloud.image.images() if each.name.startswith('logos-acceptance-') and each.disk_format == 'raw')
    network = cloud.network.find_network('logos-acceptance')
    flavor = cloud.compute.find_flavor('${LAB_CLASS.name}')
    made = cloud.compute.create_server(name=name, image_id=image.id, flavor_id=flavor.id, networks=[{'uuid': network.id}])
    while True:
        now = cloud.compute.get_server(made.id)
        if now.status == 'ERROR':
            cloud.compute.delete_server(made.id)
            return {'why': now.fault['message']}
        if now.status == 'ACTIVE':
            return {'id': now.id, 'host': now.compute_host}
        time.sleep(1)`;

/** Leaves every compute with less memory than a guest needs, the buffer aside. */
const FILL = `
me = cloud.current_project_id
for each in cloud.placement.resource_providers():
    at = '/resource_providers/%s' % each.id
    memory = cloud.placement.get(at + '/inventories').json()['inventories'].get('MEMORY_MB')
    if memory is None:
        continue
    used = cloud.placement.get(at + '/usages').json()['usages']['MEMORY_MB']
    left = int((memory['total'] - memory['reserved']) * memory['allocation_ratio']) - used
    body = {'allocations': {each.id: {'resources': {'MEMORY_MB': left}}}, 'project_id': me, 'user_id': me, 'consumer_generation': None, 'consumer_type': 'FILLER'}
    answer = cloud.placement.put('/allocations/%s' % uuid.uuid4(), json=body, microversion='1.38')
    assert answer.status_code == 204, answer.text`;
