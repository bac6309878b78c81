import type { Json } from '../system/journal.ts';
import { type SshTarget, sshOptions } from '../system/ssh.ts';
import type { RegionDefinition, RegionServer } from './definition.ts';
import { ROLES } from './placement.ts';
import type { Secrets } from './secrets.ts';

/** Where a region's own files are on the operator's machine. */
export interface RegionPaths {
  /** All of it; only its owner reads it. */
  readonly root: string;
  readonly knownHosts: string;
  readonly inventory: string;
  readonly values: string;
  readonly secrets: string;
  readonly state: string;
  readonly lock: string;
  readonly logs: string;
  readonly snapshots: string;
  /** What playbooks keep between runs, such as the region's own CA. */
  readonly kept: string;
}

/** How a server is reached: by its pinned key alone. `identity`: a private key's file, where the agent has none. */
export function targetOf(
  { jump }: RegionDefinition,
  { address, ssh: { port, user } }: RegionServer,
  { knownHosts, identity }: { knownHosts: string; identity?: string },
): SshTarget {
  return {
    address,
    port,
    user,
    knownHosts,
    ...(identity && { identity }),
    ...(jump && { jump: { address: jump.address, port: jump.port, user: jump.user } }),
  };
}

/** The known_hosts file that pins every server's key, and the jump host's (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export function knownHostsText({ servers, jump }: RegionDefinition): string {
  const hosts = [...servers.map(({ address, ssh }) => ({ address, ...ssh })), ...(jump ? [jump] : [])];
  const line = ({ address, port, hostKey }: { address: string; port: number; hostKey: string }) =>
    `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}\n`;
  return hosts.map(line).join('');
}

/** The inventory, as Ansible's YAML reader takes it: a group of each role, all of them in `region`. */
export function inventoryOf(
  definition: RegionDefinition,
  reach: { knownHosts: string; identity?: string },
): { readonly [key: string]: Json } {
  const { servers } = definition;
  const hosts = Object.fromEntries(servers.map((server) => [server.name, hostVariables(definition, server, reach)]));
  const groups = ROLES.map((role) => {
    const members = servers.filter(({ roles }) => roles.includes(role)).map(({ name }) => [name, {}]);
    return [role, { hosts: Object.fromEntries(members) }];
  });
  return { all: { children: { region: { hosts, children: Object.fromEntries(groups) } } } };
}

function hostVariables(
  definition: RegionDefinition,
  server: RegionServer,
  reach: { knownHosts: string; identity?: string },
): Json {
  const { name, address, tunnel, interface: card, storageGB, class: resourceClass, ssh } = server;
  return {
    ansible_host: address,
    ansible_port: ssh.port,
    ansible_user: ssh.user,
    ...(reach.identity && { ansible_ssh_private_key_file: reach.identity }),
    ...(ssh.user !== 'root' && { ansible_become: true }),
    ansible_ssh_common_args: sshOptions(targetOf(definition, server, reach))
      .map(quoted)
      .join(' '),
    server: {
      name,
      address,
      class: resourceClass,
      storage_gb: storageGB,
      ...(tunnel && { tunnel }),
      ...(card && { interface: card }),
    },
  };
}

/** Ansible splits this setting as a shell would (shlex). */
function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** Files on the operator's machine that the acceptance boots. */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
}

/** What playbooks are told; the file is the operator's alone, for the secrets in it. */
export function valuesOf(
  definition: RegionDefinition,
  secrets: Secrets,
  { kept, guest }: { kept: string; guest?: GuestImage },
): { readonly [key: string]: Json } {
  const { name, version, domain, vip, networks, classes, bufferPercent, workers, virtualization, services } =
    definition;
  return {
    region: {
      name,
      version,
      domain,
      vip,
      network: { ...networks, tunnel: networks.tunnel ?? networks.management },
      classes: classes.map((it) => ({
        name: it.name,
        vcpus: it.vcpus,
        memory_mib: it.memoryMiB,
        disk_gib: it.diskGiB,
      })),
      buffer_percent: bufferPercent,
      workers,
      virtualization,
      services,
      state: kept,
      ...(guest && { guest: { ...guest } }),
    },
    secrets,
  };
}
