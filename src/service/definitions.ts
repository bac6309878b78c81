import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { kernelLock } from '../system/kernel-lock.ts';

export const SERVICE_NAMES = ['libvirtd', 'chain', 'node', 'ng', 'ngd'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Directives of systemd.exec(5) and systemd.resource-control(5) for a unit; a list repeats the directive. */
export type UnitDirectives = Readonly<Record<string, string | readonly string[]>>;

/** A background process of this program. */
export interface ServiceDefinition {
  name: ServiceName;
  description: string;
  /** Runs in the foreground until SIGTERM. */
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Services that are started before it and stopped after it, where they are defined. */
  after?: readonly ServiceName[];
  /** `cgroup.procs` files of the groups that the process is born in; the supervisor's business, systemd has slices. */
  cgroupProcs?: readonly string[];
  sandbox?: UnitDirectives;
}

/** A definition, and whether its service should run now. */
export type WantedService = ServiceDefinition & { wanted: 'running' | 'stopped' };

/** Everything that this host runs, in `state/services.json`. */
export interface Services {
  version: 1;
  /** Grows with each change, so that who made one can see that it was taken up. */
  revision: number;
  manager: 'systemd' | 'supervisor';
  /** How to start the supervisor again, wherever that is done from. */
  supervisor: readonly string[];
  services: readonly WantedService[];
}

const definition = z.object({
  name: z.enum(SERVICE_NAMES),
  description: z.string(),
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).optional(),
  after: z.array(z.enum(SERVICE_NAMES)).optional(),
  cgroupProcs: z.array(z.string().startsWith('/')).optional(),
  sandbox: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});

const schema: z.ZodType<Services> = z.object({
  version: z.literal(1),
  revision: z.int().min(0),
  manager: z.enum(['systemd', 'supervisor']),
  supervisor: z.array(z.string()),
  services: z.array(definition.extend({ wanted: z.enum(['running', 'stopped']) })),
});

function servicesFile(home: Home): string {
  return join(home.state, 'services.json');
}

/** What should run on this host, from `state/services.json`. Throws UserError `state-damaged`. */
export async function readServices(home: Home): Promise<Services> {
  const empty: Services = { version: 1, revision: 0, manager: 'supervisor', supervisor: [], services: [] };
  return (await readJson(servicesFile(home), schema)) ?? empty;
}

/** Changes what should run, one process at a time, and gives what is in the file afterwards. */
export async function updateServices(
  home: Home,
  change: (services: Services) => Omit<Services, 'revision'>,
): Promise<Services> {
  const lock = await kernelLock(join(home.state, 'services.lock'));
  try {
    const before = await readServices(home);
    const after = schema.parse({ ...change(before), revision: before.revision + 1 });
    await writeJson(servicesFile(home), after);
    return after;
  } finally {
    lock.release();
  }
}

/** Adds a definition, or puts it in the place of the one with its name. */
export function withService(services: Services, wanted: WantedService): WantedService[] {
  const at = services.services.findIndex((service) => service.name === wanted.name);
  return at < 0 ? [...services.services, wanted] : services.services.with(at, wanted);
}

/** The same for equal definitions: what has to be started anew is what has another one. */
export function fingerprint(service: ServiceDefinition): string {
  const { name, description, command, env = {}, after = [], cgroupProcs = [], sandbox = {} } = service;
  const sorted = (map: Readonly<Record<string, unknown>>): unknown[] =>
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([name, description, command, sorted(env), after, cgroupProcs, sorted(sandbox)]);
  return createHash('sha256').update(content).digest('hex');
}

/** Each one after those that it names; without a preference in the order given. A circle is broken where it closes. */
export function startOrder<T extends Pick<ServiceDefinition, 'name' | 'after'>>(services: readonly T[]): T[] {
  const ordered: T[] = [];
  const visited = new Set<string>();
  const visit = (service: T): void => {
    if (visited.has(service.name)) return;
    visited.add(service.name);
    for (const name of service.after ?? []) {
      const before = services.find((candidate) => candidate.name === name);
      if (before) visit(before);
    }
    ordered.push(service);
  };
  for (const service of services) visit(service);
  return ordered;
}
