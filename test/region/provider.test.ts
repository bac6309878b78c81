import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LAB_CLASS } from '../../lab/region/definition.ts';
import { type RegionLab, type RegionLine, startRegionLab } from '../../lab/region/operator.ts';
import { type HomeProvider, startHomeProvider } from '../../lab/region/provider.ts';
import { regionServersLack } from '../../lab/region/servers.ts';

/** A machine at home, behind address translation, becomes compute of a region and is excluded from it. */
const SERVERS = 4;
const HOUR = 3_600_000;
const NAME = 'home-1';

const lack = await regionServersLack();
let lab: RegionLab;
let home: HomeProvider;

beforeAll(async () => {
  if (lack !== undefined) return;
  lab = await startRegionLab(SERVERS);
  await lab.bootstrap();
  home = await startHomeProvider(lab.network, NAME);
});

afterAll(async () => {
  await home?.close();
  await lab?.close();
});

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

const resultOf = (lines: readonly RegionLine[]): RegionLine | undefined => lines.at(-1);

describe("a provider's machine", () => {
  it('joins by two documents with nothing secret in them', async () => {
    await home.logos('region', 'provider', 'request', '/root/request.json', '--name', NAME);
    const request = join(lab.directory, 'request.json');
    const answer = join(lab.directory, 'answer.json');
    await copyFile(join(home.host.root, 'root/request.json'), request);
    expect(resultOf(await lab.provider('add', request, '--answer', answer))).toMatchObject({ ok: true, name: NAME });
    await copyFile(answer, join(home.host.root, 'root/answer.json'));
    await home.logos('region', 'provider', 'accept', '/root/answer.json', '--yes');
    expect(resultOf(await lab.provider('enable', NAME))).toMatchObject({ ok: true, name: NAME });
    const agrees = resultOf(await lab.provider('add', request, '--answer', answer));
    expect(agrees).toMatchObject({ ok: true, changed: 0 });
  });

  it('holds no secret of the region', async () => {
    const secrets = JSON.parse(await readFile(join(lab.directory, 'home/regions/lab/secrets.json'), 'utf8')) as Record<
      string,
      string
    >;
    const words = Object.values(secrets).join('\n');
    // Whole lines of the list are looked for in all that it has written: 1 is grep's "in none".
    const script =
      'cat > /run/words; grep -rlaF -f /run/words /etc /var/lib /var/log /root; code=$?; rm /run/words; exit $code';
    const { exitCode, stdout } = await home.host.exec('sh', ['-c', script], {
      input: words,
      accept: [0, 1],
      timeout: HOUR,
    });
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  });

  it('boots a guest of its class', async () => {
    const image = await openstack("image list -f value -c Name | grep -E '^logos-acceptance-[0-9a-f]+$'");
    const where = `--availability-zone nova:${NAME} --network logos-acceptance`;
    await openstack(`server create --flavor ${LAB_CLASS.name} --image ${image} ${where} guest`);
    await until(async () => (await statusOf('guest')) !== 'BUILD');
    expect(await openstack('server show -f value -c status -c fault guest')).toContain('ACTIVE');
    expect(await hostOf('guest')).toBe(NAME);
    await until(async () => (await openstack('console log show guest')).includes('LOGOS-DVM-READY'));
  });

  it('is excluded: its guest is rebuilt elsewhere, and nothing of it is left', async () => {
    const result = resultOf(await lab.provider('remove', NAME, '--excluded'));
    expect(result).toMatchObject({ ok: true, excluded: true });
    expect(await statusOf('guest')).toBe('ACTIVE');
    expect(await hostOf('guest')).toMatch(/^s[34]$/);
    await until(async () => (await openstack('console log show guest')).includes('LOGOS-DVM-READY'));
    expect(await openstack('compute service list -f value -c Host')).not.toContain(NAME);
    expect(await openstack(`aggregate show -f json -c hosts ${LAB_CLASS.name}`)).not.toContain(NAME);
    const peers = await lab.servers[0]?.host.exec('wg', ['show', 'con0', 'peers']);
    expect(peers?.stdout.trim()).toBe('');
  });

  it('does not come back once it was excluded', async () => {
    const request = join(lab.directory, 'request.json');
    await expect(lab.provider('add', request)).rejects.toThrow('provider-excluded');
  });
});

const openstack = async (words: string): Promise<string> => {
  const script = `set -e; . /etc/logos-region/openrc; openstack ${words}`;
  return (await lab.servers[0]?.host.exec('sh', ['-c', script], { timeout: HOUR }))?.stdout.trim() ?? '';
};
const statusOf = (guest: string) => openstack(`server show -f value -c status ${guest}`);
const hostOf = (guest: string) => openstack(`server show -f value -c OS-EXT-SRV-ATTR:host ${guest}`);

/** Waits for what an emulated guest does in its own time. */
async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await delay(2_000);
}
