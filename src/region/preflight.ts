import type { RegionDefinition, RegionServer } from './definition.ts';
import type { Role } from './placement.ts';
import type { ServerFacts } from './preflight-facts.ts';
import type { Finding } from './refusal.ts';

/** Systems that the tree knows. */
const SYSTEMS = ['debian 13'];
/** Guests' clocks, tokens and Galera bear no more. */
const MAX_SKEW_MS = 2_000;
/** Galera confirms every write on every controller: at 50 ms a login takes seconds. */
const MAX_WAY_MS = 50;
const DISK_GIB = 8;

/** MiB that a role needs: measured (proportional set size of its processes), with a third on top. */
const MEMORY: Readonly<Record<Role, (workers: number) => number>> = {
  controller: (workers) => 1_400 + 900 * workers,
  arbiter: () => 128,
  network: () => 256,
  compute: () => 768,
  storage: () => 384,
};
const MEMORY_BASE = 384;

/** TCP ports that a role listens on. */
const PORTS: Readonly<Record<Role, readonly number[]>> = {
  controller: [3306, 4567, 4369, 5672, 25672, 11211, 5000, 9292, 8778, 8774, 8775, 9696, 8776, 8080, 6641, 6642],
  arbiter: [4567],
  network: [],
  compute: [16509, 16514],
  storage: [6200, 6201, 6202],
};

/** MiB that a server needs for its roles. */
export function memoryNeeded(
  { workers }: Pick<RegionDefinition, 'workers'>,
  { roles }: Pick<RegionServer, 'roles'>,
): number {
  return roles.reduce((sum, role) => sum + MEMORY[role](workers), MEMORY_BASE);
}

/**
 * What stands against a region on these servers. `facts`: by server's name. `fresh`: whether nothing of the region was set up yet,
 * so that what listens at its ports is somebody else's. Empty when nothing does.
 */
export function checkServers(
  definition: RegionDefinition,
  facts: Readonly<Record<string, ServerFacts>>,
  { fresh }: { fresh: boolean },
): Finding[] {
  const machines = Object.values(facts).map(({ machine }) => machine);
  return definition.servers.flatMap((server) => {
    const its = facts[server.name];
    if (its === undefined) return [];
    const twin = its.machine !== '' && machines.filter((machine) => machine === its.machine).length > 1;
    const wrong = [
      ...system(server, its),
      ...size(definition, server, its),
      ...identity(server, its, twin),
      ...ports(server, its, fresh),
      ...ways(its),
    ];
    return wrong.map(([code, reason]) => ({ code, where: server.name, reason }));
  });
}

/** A code with its reason. */
type Wrong = readonly [code: string, reason: string];

function system({ ssh }: RegionServer, its: ServerFacts): Wrong[] {
  const found: Wrong[] = [];
  const code = 'region-system-unsupported';
  if (!SYSTEMS.includes(its.system)) found.push([code, `it runs ${its.system}, and not ${SYSTEMS.join(' or ')}`]);
  if (its.python === '') found.push([code, 'it lacks python3']);
  if (!its.systemd) found.push([code, 'it was not started by systemd']);
  if (!its.privileged) found.push(['region-privilege-missing', `${ssh.user} is not root and may not become it`]);
  return found;
}

function size(definition: RegionDefinition, server: RegionServer, its: ServerFacts): Wrong[] {
  const memory = memoryNeeded(definition, server);
  const disk = DISK_GIB + (server.roles.includes('storage') ? server.storageGB : 0);
  const found: Wrong[] = [];
  if (its.memoryMiB < memory) {
    const roles = server.roles.join(', ');
    found.push(['region-memory-short', `it has ${its.memoryMiB} MiB of memory, and needs ${memory} for ${roles}`]);
  }
  if (its.diskGiB < disk) found.push(['region-disk-short', `/var/lib has ${its.diskGiB} GiB free, and needs ${disk}`]);
  return found;
}

function identity({ address }: RegionServer, its: ServerFacts, twin: boolean): Wrong[] {
  const found: Wrong[] = [];
  if (!its.addresses.includes(address)) found.push(['region-address-other', `it has no address ${address}`]);
  if (Math.abs(its.skewMs) > MAX_SKEW_MS + its.skewErrorMs)
    found.push(['region-clock-skewed', `its clock is ${Math.round(its.skewMs)} ms off this machine's`]);
  if (twin) {
    const reason = 'another server has the same machine-id: it is the same machine, or a copy of its disk';
    found.push(['region-machine-duplicate', reason]);
  }
  return found;
}

function ports({ roles }: RegionServer, its: ServerFacts, fresh: boolean): Wrong[] {
  if (!fresh) return [];
  const taken = [...new Set(roles.flatMap((role) => PORTS[role]))].filter((port) => its.ports.includes(port));
  return taken.length === 0 ? [] : [['region-port-taken', `something listens at TCP ${taken.join(', ')} already`]];
}

function ways(its: ServerFacts): Wrong[] {
  return Object.entries(its.ways).flatMap(([peer, ms]): Wrong[] => {
    if (ms === null) return [['region-way-missing', `it can't reach ${peer}`]];
    if (ms <= MAX_WAY_MS) return [];
    return [['region-way-slow', `${peer} is ${ms.toFixed(0)} ms away, and ${MAX_WAY_MS} ms is the most`]];
  });
}
