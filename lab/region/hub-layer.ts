import { join } from 'node:path';
import { localExec } from '../../src/system/exec.ts';
import { cached, cachedPath } from '../debian-root.ts';
import { regionLayers } from './root.ts';

/** What a hub of providers' tunnels has beyond a region's servers. */
const PACKAGES = ['sshfs', 'iptables'];
const MAKING_MS = 10 * 60_000;

const INSTALL = `set -e
lower=$1; upper=$2; work=$3; root=$4; shift 4
mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get -qq update
chroot "$root" apt-get -qq -y --no-install-recommends install "$@"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root/etc/resolv.conf"`;

/** The directories of a server that may be a hub, the uppermost first; a few MB over a region's server, made once. */
export async function hubLayers(): Promise<string[]> {
  const below = await regionLayers();
  const path = cachedPath('region-hub', [below, PACKAGES, INSTALL]);
  const above = await cached(path, async (building) => {
    const aside = ['upper', 'work', 'root'].map((name) => join(building, name));
    await localExec('mkdir', aside);
    const script = ['sh', '-c', INSTALL, 'sh', below.join(':'), ...aside, ...PACKAGES];
    await localExec('unshare', ['--mount', '--propagation', 'private', '--', ...script], { timeout: MAKING_MS });
  });
  return [join(above, 'upper'), ...below];
}
