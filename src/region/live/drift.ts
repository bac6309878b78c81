import { join } from 'node:path';
import { toLogosError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { RegionDefinition } from '../definition.ts';
import { execOn, type Reach } from '../servers.ts';
import { compareSnapshots, snapshotSchema, takeSnapshot } from '../snapshot.ts';

/** How a server differs from what it was when the last run had ended. */
export interface Drift {
  readonly server: string;
  /** Files of `/etc`, packages and units, with `+`, `-` or `~`; absent when there is nothing to compare with. */
  readonly differences?: readonly string[];
  readonly error?: string;
}

const fileOf = (applied: string, server: string) => join(applied, `${server}.json`);

/** Writes down what every server has now that the region is as it is to be: what later looks compare with. */
export async function keepApplied(definition: RegionDefinition, reach: Reach, applied: string, signal?: AbortSignal) {
  await Promise.all(
    definition.servers.map(async (server) => {
      const snapshot = await takeSnapshot(execOn(definition, server, reach), server.ssh.user, signal);
      await writeJson(fileOf(applied, server.name), snapshot);
    }),
  );
}

/** Compares every server with what was written down. Changes nothing; a server that can't be asked has an `error`. */
export function findDrift(
  definition: RegionDefinition,
  reach: Reach,
  applied: string,
  signal?: AbortSignal,
): Promise<Drift[]> {
  return Promise.all(
    definition.servers.map(async (server): Promise<Drift> => {
      const { name } = server;
      const before = await readJson(fileOf(applied, name), snapshotSchema);
      if (before === undefined) return { server: name };
      try {
        const now = await takeSnapshot(execOn(definition, server, reach), server.ssh.user, signal);
        // What services keep below /var/lib is theirs; /root is its owner's.
        const differences = compareSnapshots(before, now).filter((line) => !line.slice(2).startsWith('entry '));
        return { server: name, differences };
      } catch (thrown) {
        signal?.throwIfAborted();
        return { server: name, error: toLogosError(thrown).message };
      }
    }),
  );
}
