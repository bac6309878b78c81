import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  CLOUD_SCRIPT,
  type Drift,
  findDrift,
  knownHostsText,
  lookAtRegion,
  type RegionDefinition,
  type RegionLook,
  regionPaths,
} from '../../region/index.ts';
import { toLogosError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { type LocalRegion, openRegion, refuseUnnamed, regionsDirectory } from './open.ts';

/** What the chain says to the definition and the tree that lie here. */
export interface Standing {
  readonly state: 'same' | 'differs' | 'unknown';
  /** Who named it. */
  readonly by?: 'chain' | 'flag';
  /** What differs, or why it is not known. */
  readonly told: readonly string[];
}

/** Looks at a region without changing it. */
export interface RegionWatch {
  readonly definition: RegionDefinition;
  look(signal?: AbortSignal): Promise<RegionLook>;
  /** Against what the last run from this machine left. */
  drift(signal?: AbortSignal): Promise<Drift[]>;
  standing(): Promise<Standing>;
  close(): Promise<void>;
}

export interface WatchFlags {
  readonly identity?: string;
  readonly platform?: string;
  readonly chain?: string;
  readonly 'closure-hash'?: string;
}

/**
 * Opens a region to be looked at; close it in the end. Nothing in LOGOS_HOME is written. Throws as `openRegion` does, and UserError
 * `region-tree-old` for a tree that can't be asked with.
 */
export async function watchRegion(home: Home, file: string, flags: WatchFlags): Promise<RegionWatch> {
  const region = await openRegion(file, flags.platform);
  const { definition } = region;
  const script = region.files.find(({ path }) => path === CLOUD_SCRIPT)?.bytes;
  if (script === undefined) {
    throw new UserError('region-tree-old', `The tree has no ${CLOUD_SCRIPT}, which asks the APIs.`, {
      nextSteps: ['Take the tree that ships with this program: leave --platform out.'],
    });
  }
  const directory = await mkdtemp(join(tmpdir(), 'logos-watch-'));
  const knownHosts = join(directory, 'known_hosts');
  await writeFile(knownHosts, knownHostsText(definition));
  const reach = { knownHosts, ...(flags.identity && { identity: resolve(flags.identity) }) };
  const { applied } = regionPaths(regionsDirectory(home), definition.name);
  return {
    definition,
    look: (signal) => lookAtRegion(definition, reach, script, signal),
    drift: (signal) => findDrift(definition, reach, applied, signal),
    standing: () => standingOf(home, region, flags),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

async function standingOf(home: Home, region: LocalRegion, flags: WatchFlags): Promise<Standing> {
  try {
    const named = { closureHash: flags['closure-hash'], chain: flags.chain };
    return { state: 'same', by: await refuseUnnamed(home, region, named), told: [] };
  } catch (thrown) {
    const { code, message, nextSteps } = toLogosError(thrown);
    if (code === 'host-not-joined') return { state: 'unknown', told: ['this host has joined none'] };
    if (code !== 'region-closure-differs') return { state: 'unknown', told: [message] };
    return { state: 'differs', told: [message, ...nextSteps.filter((step) => step.startsWith('Also: '))] };
  }
}
