import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type LabHost, type LabNetwork, labNetworkLacks } from '../network.ts';
import { makeSshKey } from '../ssh-host.ts';
import { type SystemdHost, startSystemdHost, systemdHostLacks } from '../systemd.ts';
import { hubLayers } from './hub-layer.ts';

/** A clean Debian 13 server of a region-to-be: systemd, an SSH server with a host key of its own, nothing configured. */
export interface RegionServer {
  readonly name: string;
  /** On the switch, where its SSH server and, later, its services listen. */
  readonly address: string;
  /** Its public host key, as in `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly host: SystemdHost;
  /** Pulls its plug, or puts it back. */
  plug: LabHost['plug'];
  close(): Promise<void>;
}

/** The network card for tunnels between servers, which has no address. */
export const TUNNEL_CARD = 'eth1';
/** Devices of this machine that it has. */
export const SERVER_DEVICES = ['/dev/net/tun', '/dev/fuse'];
/** Four servers with the services of a whole region, and what they write: all of it is in memory. */
const MEMORY_GIB = 12;

/** What this machine lacks for such servers, in words for `ctx.skip`, or `undefined`. */
export async function regionServersLack(): Promise<string | undefined> {
  const missing = SERVER_DEVICES.find((path) => !existsSync(path));
  if (missing !== undefined) return `needs ${missing}`;
  if (totalmem() < MEMORY_GIB * 2 ** 30) return `needs ${MEMORY_GIB} GiB of memory`;
  return labNetworkLacks() ?? (await systemdHostLacks());
}

/** Boots one. `authorized`: the public key that root may come in with. */
export async function startRegionServer(network: LabNetwork, name: string, authorized: string): Promise<RegionServer> {
  const place = await network.host({ tunnels: true });
  const host = await startSystemdHost({
    layers: await hubLayers(),
    devices: SERVER_DEVICES,
    network: place.command,
  });
  try {
    const hostKey = await openSsh(host, name, authorized, place.address);
    return { name, address: place.address, hostKey, host, plug: place.plug, close: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function openSsh(host: SystemdHost, name: string, authorized: string, address: string): Promise<string> {
  const { exec, root } = host;
  await nameServer(host, name, address);
  await exec('install', ['-d', '-m', '700', '/root/.ssh']);
  await writeFile(join(root, 'root/.ssh/authorized_keys'), authorized, { mode: 0o600 });
  await exec('systemctl', ['start', 'ssh']);
  return (await readFile(join(root, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8'))
    .split(' ')
    .slice(0, 2)
    .join(' ')
    .trim();
}

/** Gives a server its name, and an SSH host key of its own. */
export async function nameServer({ exec, root }: SystemdHost, name: string, address: string): Promise<void> {
  const inEtc = (file: string): string => join(root, 'etc', file);
  await writeFile(inEtc('hostname'), `${name}\n`);
  await writeFile(inEtc('hosts'), `127.0.0.1 localhost\n${address} ${name}\n`);
  await exec('hostname', [name]);
  // The root brings the keys that Debian made when it was built, the same for every server.
  await exec('sh', ['-c', 'rm -f /etc/ssh/ssh_host_*']);
  await makeSshKey(inEtc('ssh/ssh_host_ed25519_key'));
  await rm(inEtc('nologin'), { force: true });
  // The end of a login's own systemd hangs in a container at times, for two minutes that the next login waits for.
  await exec('systemctl', ['mask', '--quiet', 'user@.service']);
}
