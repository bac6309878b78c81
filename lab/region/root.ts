import { join } from 'node:path';
import { localExec } from '../../src/system/exec.ts';
import { cached, cachedPath } from '../debian-root.ts';
import { disableUnits, OPENSTACK_ROOT, openstackRoot } from '../openstack/root.ts';

/** What a region's servers have beyond the lab's OpenStack root: what keeps services up together, volumes and objects. */
const PACKAGES = [
  ...['python3-apt', 'haproxy', 'keepalived', 'galera-4', 'galera-arbitrator-4', 'rsync', 'openssl', 'genisoimage'],
  ...['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-common', 'python3-rbd', 'python3-rados', 'qemu-block-extra'],
  'neutron-periodic-workers',
  ...['cinder-api', 'cinder-scheduler', 'cinder-volume'],
  ...['swift-proxy', 'swift-account', 'swift-container', 'swift-object'],
  ...['heat-api', 'heat-engine', 'python3-heatclient'],
  ...['designate-api', 'designate-central', 'designate-worker', 'designate-producer', 'designate-mdns'],
  ...['bind9', 'bind9-utils', 'bind9-dnsutils', 'python3-designateclient'],
  ...['octavia-api', 'octavia-driver-agent', 'octavia-health-manager', 'octavia-housekeeping', 'octavia-worker'],
  ...['python3-ovn-octavia-provider', 'python3-octaviaclient'],
  ...['openstack-dashboard-apache', 'wireguard-tools', 'wireguard-go'],
];

/** They come over the network, some 150 MB. */
const MAKING_MS = 20 * 60_000;

/** Runs apt in the overlay, in mounts of its own; nothing that it installs starts. */
const INSTALL = `set -e
lower=$1; upper=$2; work=$3; root=$4; shift 4
mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\\nexit 101\\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get -qq update
chroot "$root" apt-get -qq -y --no-install-recommends install "$@"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"`;

/**
 * The directories that make up a clean server's `/`, the uppermost first: Debian 13 with the packages of every role of a region
 * installed, none configured and none enabled. Made once and kept outside the clone: 0.4 GB over the OpenStack root.
 */
export async function regionLayers(): Promise<string[]> {
  const below = await openstackRoot();
  const path = cachedPath('region-root', [OPENSTACK_ROOT, PACKAGES, INSTALL]);
  const above = await cached(path, async (building) => {
    const aside = ['upper', 'work', 'root'].map((name) => join(building, name));
    await localExec('mkdir', aside);
    const script = ['sh', '-c', INSTALL, 'sh', below, ...aside, ...PACKAGES];
    await localExec('unshare', ['--mount', '--propagation', 'private', '--', ...script], { timeout: MAKING_MS });
    await disableUnits(join(building, 'upper'));
  });
  return [join(above, 'upper'), below];
}
