import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryElsewhere } from '../../lab/binary.ts';
import { type JsonLine, SHARED_CACHE } from '../../lab/instance.ts';
import { type SystemdHost, startSystemdHost, systemdHostLacks } from '../../lab/systemd.ts';
import { requiredPackages } from '../../src/host/packages/required.ts';
import { prepareGuestImage } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';

/** Where it has the downloads that all instances share: QEMU's user has to get there. */
const CACHE = '/srv/logos-cache';

/** What libvirt has to leave alone in a container: its namespaces, its control groups and its security labels. */
const QEMU_CONF = [
  'namespaces = []',
  'cgroup_controllers = []',
  'security_driver = "none"',
  'remember_owner = 0',
  '',
].join('\n');

// Where systemd is, libvirt is the system's own and the services are units: another path through most of the steps.
describe('provide on a Debian with systemd', () => {
  let host: SystemdHost;
  let binary: Awaited<ReturnType<typeof binaryElsewhere>>;
  const lacks = systemdHostLacks();

  beforeAll(async () => {
    if (await lacks) return;
    await cacheGuestImage();
    binary = await binaryElsewhere();
    host = await startSystemdHost({
      readOnly: [binary.directory],
      shared: [`${SHARED_CACHE}:${CACHE}`],
      packages: requiredPackages(true),
    });
    await mkdir(join(host.root, 'etc/libvirt'), { recursive: true });
    await writeFile(join(host.root, 'etc/libvirt/qemu.conf'), QEMU_CONF);
    await host.reboot();
  });
  afterAll(async () => {
    // Kernel settings are the whole machine's, container or not: a test that failed must not leave them changed.
    if (host) await logos('reset', '--yes');
    await host?.close();
    await binary?.remove();
  });

  /** Runs the program inside and gives the lines that it printed. */
  async function logos(...args: string[]): Promise<JsonLine[]> {
    const { stdout } = await host.exec(binary.path, [...args, '--json'], {
      env: { LOGOS_CACHE: CACHE },
      timeout: 400_000,
      accept: [0, 1],
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonLine);
  }
  const status = async (): Promise<JsonLine> => (await logos('status'))[0] as JsonLine;
  const units = async (): Promise<string[]> =>
    (await readdir(join(host.root, 'etc/systemd/system'), { recursive: true })).sort();

  it('is ready, is there again after a reboot, and reset leaves no unit', async (context) => {
    const missing = await lacks;
    if (missing) return context.skip(`needs ${missing}`);
    const before = await units();
    const lines = await logos('provide', '--chain', 'dev', '--yes', '--detach');
    expect(lines.at(-1)).toMatchObject({ event: 'result', ok: true });
    expect(lines.findLast(({ phase }) => phase === 'ready')).toMatchObject({ state: 'ok' });
    expect(await status()).toMatchObject({ state: 'providing', integrity: 'intact', dvms: [{ state: 'running' }] });
    const { stdout } = await host.exec('systemctl', ['is-active', 'logos-ng', 'logos-ngd', 'logos-chain'], {
      accept: [0, 3],
    });
    expect(stdout).toBe('active\nactive\nactive\n');

    await host.reboot();
    await expect
      .poll(status, { timeout: 120_000, interval: 2_000 })
      .toMatchObject({ state: 'providing', integrity: 'intact', dvms: [{ state: 'running' }] });

    expect((await logos('reset', '--yes')).at(-1)).toMatchObject({ event: 'result', ok: true });
    expect(await units()).toEqual(before);
  });
});

/** The host inside has no network to get a kernel for guests from, so it is made here, where every instance finds it. */
async function cacheGuestImage(): Promise<void> {
  await prepareGuestImage(homeFrom({ LOGOS_HOME: '/nonexistent', LOGOS_CACHE: SHARED_CACHE }), localExec);
}
