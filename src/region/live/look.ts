import { toLogosError } from '../../system/errors.ts';
import type { RegionDefinition } from '../definition.ts';
import { execOn, type Reach } from '../servers.ts';
import { type ClassCapacity, capacityOf } from './capacity.ts';
import { askCloud, type CloudFacts } from './cloud.ts';
import { askHost, type HostFacts } from './host.ts';

/** A server as it was seen: with what it says, or why it says nothing. */
export interface SeenHost {
  readonly name: string;
  readonly facts?: HostFacts;
  readonly error?: string;
}

/** A region at one moment. */
export interface RegionLook {
  /** ISO 8601. */
  readonly at: string;
  readonly hosts: readonly SeenHost[];
  /** The controller that was asked; none: no controller answers. */
  readonly asked?: string;
  readonly cloud?: CloudFacts;
  /** Why the APIs could not be asked. */
  readonly error?: string;
  readonly classes: readonly ClassCapacity[];
}

/** Looks at all servers and, on the first controller that answers, at the APIs. Changes nothing; throws only the signal's reason. */
export async function lookAtRegion(
  definition: RegionDefinition,
  reach: Reach,
  script: Uint8Array,
  signal?: AbortSignal,
): Promise<RegionLook> {
  const [hosts, cloud] = await Promise.all([
    Promise.all(definition.servers.map((server) => seen(definition, server, reach, signal))),
    askControllers(definition, reach, script, signal),
  ]);
  signal?.throwIfAborted();
  return {
    at: new Date().toISOString(),
    hosts,
    ...cloud,
    classes: cloud.cloud === undefined ? [] : capacityOf(definition.classes, cloud.cloud),
  };
}

async function seen(
  definition: RegionDefinition,
  server: RegionDefinition['servers'][number],
  reach: Reach,
  signal?: AbortSignal,
): Promise<SeenHost> {
  const { name } = server;
  try {
    return { name, facts: await askHost(execOn(definition, server, reach), signal) };
  } catch (thrown) {
    return { name, error: toLogosError(thrown).message };
  }
}

async function askControllers(
  definition: RegionDefinition,
  reach: Reach,
  script: Uint8Array,
  signal?: AbortSignal,
): Promise<Pick<RegionLook, 'asked' | 'cloud' | 'error'>> {
  let error = 'there is no controller';
  for (const server of definition.servers.filter(({ roles }) => roles.includes('controller'))) {
    try {
      const exec = execOn(definition, server, reach);
      return { asked: server.name, cloud: await askCloud(exec, script, { sudo: server.ssh.user !== 'root', signal }) };
    } catch (thrown) {
      signal?.throwIfAborted();
      error = `${server.name}: ${toLogosError(thrown).message}`;
    }
  }
  return { error };
}
