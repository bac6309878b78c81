import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

export const NODE_ROLES = ['validator', 'boot', 'full', 'archive', 'light'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

const schema = z.object({
  version: z.literal(1),
  role: z.enum(NODE_ROLES),
  /** The program that runs. */
  program: z.string().startsWith('/'),
  /** Everything of the node's: database, keys, the chain's specification. */
  directory: z.string().startsWith('/'),
  name: z.string(),
  /** For peers, on all addresses of this host; a light node has none. */
  port: z.int().min(1).max(65_535),
  /** For us, on the loopback interface. */
  rpcPort: z.int().min(1).max(65_535),
  /** Prometheus metrics, on the loopback interface; a light node has none. */
  metricsPort: z.int().min(1).max(65_535),
  /** Peers to begin with, besides those that the specification names. */
  bootNodes: z.array(z.string()),
  /** Addresses under which others reach this node. */
  publicAddresses: z.array(z.string()),
});

/** How this host's node is run, in `state/node.json`. */
export type NodeSettings = z.infer<typeof schema>;

function settingsFile(home: Home): string {
  return join(home.state, 'node.json');
}

/** The settings of this host's node, if one was set up. Throws UserError `state-damaged`. */
export async function readNodeSettings(home: Home): Promise<NodeSettings | undefined> {
  return readJson(settingsFile(home), schema);
}

/** Keeps the settings for the commands that come after `start`. */
export async function writeNodeSettings(home: Home, settings: NodeSettings): Promise<void> {
  await writeJson(settingsFile(home), settings);
}

/** Throws UserError `node-light` for what only a native node has: keys and a database. */
export function requireNative({ role }: NodeSettings): void {
  if (role !== 'light') return;
  throw new UserError('node-light', 'The node of this host is a light one: it has no keys and no database.', {
    nextSteps: ['Do this on a host with a native node (`logos chain node start --role full`).'],
  });
}

/** Where a node keeps what: the chain's database and keys are below `chains/<id>`, as the node itself puts them. */
export function nodePaths(directory: string): { specification: string; nodeKey: string; chains: string } {
  return {
    specification: join(directory, 'chain-spec.json'),
    nodeKey: join(directory, 'node-key'),
    chains: join(directory, 'chains'),
  };
}
