import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cachedPath, makeDebianRoot, type RootRecipe } from '../debian-root.ts';

/**
 * Debian 13 with OpenStack 2025.1: every service of a region's control plane, a compute and the client, none configured and none
 * enabled. Any host of a region boots an overlay of it; which services run there is its configuration's matter.
 */
export const OPENSTACK_ROOT: RootRecipe = {
  suite: 'trixie',
  packages: [
    ...['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'procps', 'sudo', 'openssh-server', 'bubblewrap'],
    ...['mariadb-server', 'python3-pymysql', 'rabbitmq-server', 'memcached', 'python3-memcache'],
    ...['keystone', 'glance-api', 'placement-api'],
    ...['nova-api', 'nova-scheduler', 'nova-conductor', 'nova-compute'],
    ...['neutron-api', 'neutron-rpc-server', 'neutron-ovn-maintenance-worker', 'neutron-ovn-metadata-agent'],
    ...['ovn-central', 'ovn-host', 'openvswitch-switch'],
    ...['libvirt-daemon-system', 'qemu-system-x86', 'qemu-utils'],
    'python3-openstackclient',
  ],
  masked: [
    // They want hardware, or wait for a network that is not there.
    'systemd-udevd.service',
    'systemd-networkd-wait-online.service',
    'systemd-modules-load.service',
    // With a writable /proc/sys it would set this machine's own fs.* settings, and leave them so.
    'systemd-sysctl.service',
  ],
  lean: true,
};

/** Its packages come over the network, some 300 MB. */
const MAKING_MS = 30 * 60_000;

/** The root's directory, made once and kept outside the clone: 2.3 GB. */
export function openstackRoot(): Promise<string> {
  return cached(cachedPath('openstack-root', OPENSTACK_ROOT), async (building) => {
    await makeDebianRoot(OPENSTACK_ROOT, building, MAKING_MS);
    await disableUnits(building);
  });
}

/** Debian enables what it installs: by links in these directories (systemd.unit(5), systemd-sysv-generator(8)). */
export async function disableUnits(root: string): Promise<void> {
  const units = join(root, 'etc/systemd/system');
  const etc = join(root, 'etc');
  const links = [
    ...(await readdir(units)).filter((name) => /\.(wants|requires)$/.test(name)).map((name) => join(units, name)),
    ...(await readdir(etc)).filter((name) => /^rc[0-6S]\.d$/.test(name)).map((name) => join(etc, name)),
  ];
  for (const path of links) await rm(path, { recursive: true });
}
