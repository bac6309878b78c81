/** What a server of a region can be; a server may be several. */
export const ROLES = ['controller', 'arbiter', 'network', 'compute', 'storage'] as const;
export type Role = (typeof ROLES)[number];

/** A server with the roles that it has. */
export interface Placed {
  readonly name: string;
  readonly roles: readonly Role[];
}

/** How many servers must have a role. The arbiter only votes: one is enough, and with two controllers it is needed. */
export const LEAST: Readonly<Record<Role, number>> = { controller: 2, arbiter: 0, network: 2, compute: 2, storage: 2 };

/**
 * Roles of the first four servers where a definition names none; further ones are `FURTHER`. The controllers carry nothing
 * else, so that guests can't starve the API; the third server has the third vote, so that no single loss stops a majority.
 */
export const DEFAULT_PLACEMENT: readonly (readonly Role[])[] = [
  ['controller'],
  ['controller'],
  ['arbiter', 'network', 'compute', 'storage'],
  ['network', 'compute', 'storage'],
];
const FURTHER: readonly Role[] = ['compute', 'storage'];

/** The default roles of the server at an index, from 0. */
export function defaultRoles(index: number): readonly Role[] {
  return DEFAULT_PLACEMENT[index] ?? FURTHER;
}

/** What is left when some servers are lost. */
export interface Survival {
  readonly lost: readonly string[];
  /** API: a controller is left, and a majority of the votes of database and messaging. */
  readonly api: 'answers' | 'stands still' | 'lost';
  /** Servers that still run guests. */
  readonly computes: number;
  /** Servers that still carry guests' networks. */
  readonly networks: number;
  /** Servers that still hold a copy of objects and images. */
  readonly storages: number;
}

/**
 * What a placement survives. Controllers and arbiters each have a vote; without more than half of them database and messaging
 * stop rather than diverge, and go on when a server is back. `lost`: no controller is left, so its data must come from a backup.
 */
export function survival(servers: readonly Placed[], lost: readonly string[]): Survival {
  const left = servers.filter(({ name }) => !lost.includes(name));
  const count = (of: readonly Placed[], ...roles: Role[]) =>
    of.filter((server) => roles.some((role) => server.roles.includes(role))).length;
  const votes = count(servers, 'controller', 'arbiter');
  const majority = count(left, 'controller', 'arbiter') * 2 > votes;
  const controllers = count(left, 'controller');
  return {
    lost,
    api: controllers === 0 ? 'lost' : majority ? 'answers' : 'stands still',
    computes: count(left, 'compute'),
    networks: count(left, 'network'),
    storages: count(left, 'storage'),
  };
}

/** Every loss of one server, then every loss of two, in the order of the servers. */
export function failureTable(servers: readonly Placed[]): Survival[] {
  const names = servers.map(({ name }) => name);
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other]));
  return [...names.map((name) => [name]), ...pairs].map((lost) => survival(servers, lost));
}
