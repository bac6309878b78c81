import type { RegionDefinition, RegionServer } from './definition.ts';
import { isHostAddress, isInside, numberOf, overlap } from './networks.ts';
import { LEAST, ROLES } from './placement.ts';
import type { Finding } from './refusal.ts';

/** With fewer no loss of one server leaves two of each kind, or a majority. */
export const LEAST_SERVERS = 4;
/** Names that mean something else in an inventory: Ansible's own, and the groups that `inventoryOf` makes. */
const RESERVED: readonly string[] = ['localhost', 'all', 'ungrouped', 'region', ...ROLES];

/** What is wrong with a definition that is well formed: no look at the servers is needed. Empty when nothing is. */
export function checkDefinition(definition: RegionDefinition): Finding[] {
  return [
    ...tooFew(definition),
    ...reserved(definition),
    ...twice(definition.servers, 'name', ({ name }) => name),
    ...twice(definition.servers, 'address', ({ address }) => address),
    ...twice(definition.servers, 'tunnel', tunnelOf),
    // Two servers with one key are one machine, or copies that can't be told apart.
    ...twice(definition.servers, 'ssh/hostKey', ({ ssh }) => ssh.hostKey),
    ...networks(definition),
    ...addresses(definition),
    ...placement(definition),
    ...classes(definition),
  ];
}

/** Where a server's tunnels end. */
function tunnelOf({ address, tunnel }: RegionServer): string {
  return tunnel?.address ?? address;
}

function tooFew({ servers }: RegionDefinition): Finding[] {
  if (servers.length >= LEAST_SERVERS) return [];
  const reason = `a region needs ${LEAST_SERVERS} servers or more, and this one has ${servers.length}`;
  return [{ code: 'region-servers-too-few', where: '/servers', reason }];
}

function reserved({ servers }: RegionDefinition): Finding[] {
  return servers.flatMap(({ name }, index) => {
    if (!RESERVED.includes(name)) return [];
    return [
      { code: 'region-name-reserved', where: `/servers/${index}/name`, reason: `no server can be named ${name}` },
    ];
  });
}

function twice(
  servers: readonly RegionServer[],
  field: 'name' | 'address' | 'tunnel' | 'ssh/hostKey',
  value: (server: RegionServer) => string,
): Finding[] {
  const code =
    field === 'ssh/hostKey' ? 'region-host-key-duplicate' : `region-${field === 'name' ? 'name' : 'address'}-duplicate`;
  return servers.flatMap((server, index) => {
    const first = servers.findIndex((other) => value(other) === value(server));
    if (first === index) return [];
    const reason = `${server.name} has the same ${field.replace('ssh/hostKey', 'host key')} as ${servers[first]?.name}`;
    return [{ code, where: `/servers/${index}/${field}`, reason }];
  });
}

function networks({ networks: { management, tenant, tunnel, providers, external } }: RegionDefinition): Finding[] {
  const named = Object.entries({ management, tenant, tunnel, providers, external: external?.network }).flatMap(
    ([name, cidr]) => (cidr === undefined ? [] : [{ name, cidr }]),
  );
  return named.flatMap((one, index) =>
    named.slice(index + 1).flatMap((other) => {
      if (!overlap(one.cidr, other.cidr)) return [];
      const reason = `it shares addresses with ${one.name} (${one.cidr})`;
      return [{ code: 'region-networks-overlap', where: `/networks/${other.name}`, reason }];
    }),
  );
}

function addresses({
  servers,
  vip,
  networks: { management, tunnel = management, datapath, external },
}: RegionDefinition): Finding[] {
  const found: Finding[] = [];
  const within = (where: string, address: string, network: string) => {
    if (isInside(address, network) && isHostAddress(address, network)) return;
    found.push({ code: 'region-address-outside', where, reason: `${address} is no host's address in ${network}` });
  };
  servers.forEach((server, index) => {
    within(`/servers/${index}/address`, server.address, management);
    if (server.tunnel) within(`/servers/${index}/tunnel`, server.tunnel.address, tunnel);
    else if (datapath === 'netdev') {
      const reason = `${server.name} needs a network card of its own for tunnels with the datapath netdev`;
      found.push({ code: 'region-tunnel-missing', where: `/servers/${index}/tunnel`, reason });
    }
  });
  within('/vip', vip, management);
  if (external !== undefined) {
    const { network, gateway, from, to } = external;
    for (const [name, address] of Object.entries({ gateway, from, to })) {
      if (address !== undefined) within(`/networks/external/${name}`, address, network);
    }
    if (numberOf(to) < numberOf(from)) {
      const reason = `${to} comes before ${from}`;
      found.push({ code: 'region-address-outside', where: '/networks/external/to', reason });
    }
  }
  const holder = servers.find(({ address, tunnel: own }) => address === vip || own?.address === vip);
  if (holder !== undefined)
    found.push({ code: 'region-address-duplicate', where: '/vip', reason: `${vip} is the address of ${holder.name}` });
  return found;
}

function placement({ servers }: RegionDefinition): Finding[] {
  const found = ROLES.flatMap((role) => {
    const count = servers.filter(({ roles }) => roles.includes(role)).length;
    if (count >= LEAST[role]) return [];
    const reason = `${count} of the servers are ${role}, and ${LEAST[role]} must be`;
    return [{ code: 'region-placement-short', where: '/servers', reason }];
  });
  const voters = servers.filter(({ roles }) => roles.includes('controller') || roles.includes('arbiter')).length;
  if (voters % 2 === 0) {
    const reason = `${voters} controllers and arbiters can't have a majority when half are lost: make their number odd`;
    found.push({ code: 'region-placement-short', where: '/servers', reason });
  }
  return found;
}

function classes({ classes: known, servers }: RegionDefinition): Finding[] {
  const names = known.map(({ name }) => name);
  const double = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ code: 'region-name-duplicate', where: `/classes/${index}`, reason: `there is a class ${name} already` }],
  );
  const unknown = servers.flatMap((server, index) =>
    names.includes(server.class)
      ? []
      : [
          {
            code: 'region-class-unknown',
            where: `/servers/${index}/class`,
            reason: `there is no class ${server.class}`,
          },
        ],
  );
  return [...double, ...unknown];
}
