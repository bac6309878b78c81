import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LogosError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { prepareHome } from '../home-directory.ts';
import type { ServiceManager, ServiceState } from '../manager.ts';
import { openServiceManager } from '../open-manager.ts';
import { nodeCommand } from './arguments.ts';
import { checkClock, type NodeWarning } from './clock.ts';
import { nodeFailure } from './failures.ts';
import { askLight, checkLight, lightService } from './light.ts';
import { checkPorts, prepareNode } from './prepare.ts';
import { askNode } from './rpc.ts';
import { type NodeSettings, readNodeSettings, writeNodeSettings } from './settings.ts';
import type { Specification } from './specification.ts';

/** How long a node may take to answer: it opens its database and compiles the runtime first. */
const READY_MS = 120_000;
/** Enough to hold the reason, with what the node says of itself before. */
const LOG_LINES = 60;
/** Some hours of a quiet node. */
const CLOCK_LINES = 2_000;
/** The first thing that a node says. */
const STARTED = / Logos node\s*$/;

/** What a node says of itself. */
export interface NodeReport {
  service: ServiceState | undefined;
  settings: NodeSettings;
  url: string;
  /** Absent while it does not answer. */
  chain?: {
    name: string;
    version: string;
    genesis: string;
    /** A light node is known to nobody. */
    peerId?: string;
    peers: number;
    syncing: boolean;
    best: number;
    finalized: number;
  };
  /** What its owner should see to. */
  warnings: NodeWarning[];
}

/**
 * Runs the node as a background service, or with new settings, and waits until it answers. A node that can't start is
 * stopped again. Throws UserError `node-other-chain`, `disk-full`, `port-taken`, `node-database-damaged`,
 * `node-directory-busy`, or ExternalError `node-not-started` with its last lines.
 */
export async function startNode(
  home: Home,
  settings: NodeSettings,
  specification: Specification,
  signal?: AbortSignal,
): Promise<NodeReport> {
  if (settings.role === 'light') checkLight(settings, specification);
  await prepareHome(home, new Journal(home.journal));
  await prepareNode(settings, specification);
  const manager = await openServiceManager(home);
  await checkPorts(settings, (await isUp(manager)) ? await readNodeSettings(home) : undefined);
  await writeNodeSettings(home, settings);
  try {
    await manager.ensure({
      name: 'node',
      description: `Logos chain node (${settings.role})`,
      ...(settings.role === 'light' ? lightService(home, settings) : { command: nodeCommand(settings) }),
    });
    await untilAnswering(manager, settings, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    await manager.stop('node');
    throw await explained(manager, settings, error);
  }
  return nodeReport(home);
}

/** Stops the node until it is started again. Throws UserError `node-not-set-up`. */
export async function stopNode(home: Home): Promise<void> {
  await nodeSettings(home);
  await (await openServiceManager(home)).stop('node');
}

/** What the node does now. Waits for some blocks where its clock seems to be wrong. Throws UserError `node-not-set-up`. */
export async function nodeReport(home: Home): Promise<NodeReport> {
  const settings = await nodeSettings(home);
  const manager = await openServiceManager(home);
  const service = (await manager.status()).node;
  const report: NodeReport = { service, settings, url: `ws://127.0.0.1:${settings.rpcPort}`, warnings: [] };
  const chain = service?.state === 'running' ? await describe(settings) : undefined;
  if (chain === undefined || settings.role === 'light') return { ...report, chain };
  const lines = linesOfRun(await manager.logs('node', CLOCK_LINES));
  const warning = await checkClock(askNode(settings.rpcPort), lines);
  return { ...report, chain, warnings: warning === undefined ? [] : [warning] };
}

/** What it printed since it started last. */
function linesOfRun(lines: string[]): string[] {
  const start = lines.findLastIndex((line) => STARTED.test(line));
  return start < 0 ? lines : lines.slice(start);
}

/** The settings of this host's node. Throws UserError `node-not-set-up`. */
export async function nodeSettings(home: Home): Promise<NodeSettings> {
  const settings = await readNodeSettings(home);
  if (settings) return settings;
  throw new UserError('node-not-set-up', 'This host runs no chain node.', {
    nextSteps: ['Set one up with `logos chain node start --role full --chain SPECIFICATION`.'],
  });
}

async function describe(settings: NodeSettings): Promise<NodeReport['chain']> {
  const isLight = settings.role === 'light';
  const ask = (isLight ? askLight : askNode)(settings.rpcPort);
  const header = z.object({ number: z.string() });
  const height = async (params: readonly string[]): Promise<number> =>
    Number((await ask('chain_getHeader', params, header)).number);
  try {
    const health = await ask('system_health', [], z.object({ peers: z.int(), isSyncing: z.boolean() }));
    return {
      name: await ask('system_chain', [], z.string()),
      version: await ask('system_version', [], z.string()),
      genesis: await ask('chain_getBlockHash', [0], z.string()),
      peerId: isLight ? undefined : await ask('system_localPeerId', [], z.string()),
      peers: health.peers,
      syncing: health.isSyncing,
      best: await height([]),
      finalized: await height([await ask('chain_getFinalizedHead', [], z.string())]),
    };
  } catch (error) {
    if (error instanceof LogosError && error.code === 'node-not-running') return undefined;
    throw error;
  }
}

async function isUp(manager: ServiceManager): Promise<boolean> {
  const state = (await manager.status()).node?.state;
  return state === 'running' || state === 'starting';
}

async function untilAnswering(manager: ServiceManager, settings: NodeSettings, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS;
  const before = (await manager.status()).node?.restarts ?? 0;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    if (await describe(settings)) return;
    const now = (await manager.status()).node;
    if (now === undefined || now.state === 'failed' || now.restarts - before >= 2) break;
    await delay(200);
  }
  throw nodeFailure(await manager.logs('node', LOG_LINES), settings);
}

/** The service manager knows that it ended; its log knows why. */
async function explained(manager: ServiceManager, settings: NodeSettings, error: unknown): Promise<unknown> {
  if (!(error instanceof LogosError) || error.code !== 'service-not-started') return error;
  return nodeFailure(await manager.logs('node', LOG_LINES), settings);
}
