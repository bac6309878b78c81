import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { ExitCode, UserError } from '../../system/errors.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { findNodeProgram } from './program.ts';
import { type NodeRole, type NodeSettings, nodePaths, readNodeSettings } from './settings.ts';
import { loadSpecification, type Specification } from './specification.ts';

/** What the command line may say of a node. */
export interface NodeOptions {
  role?: NodeRole;
  /** `dev`, or a file. */
  chain?: string;
  directory?: string;
  name?: string;
  port?: number;
  rpcPort?: number;
  metricsPort?: number;
  bootNodes?: readonly string[];
  publicAddresses?: readonly string[];
}

/** The usual ports of a Substrate node. */
const PORTS = { port: 30_333, rpcPort: 9944, metricsPort: 9615 };

/**
 * How the node is to be run: what the command line says, else what it said last, else the usual. Throws UserError
 * `node-missing`, `chain-not-chosen`, `spec-invalid`, `file-unreadable`.
 */
export async function chooseNode(
  home: Home,
  options: NodeOptions,
): Promise<{ settings: NodeSettings; specification: Specification }> {
  const before = await readNodeSettings(home);
  const role = options.role ?? before?.role ?? 'full';
  const settings: NodeSettings = {
    version: 1,
    role,
    program: role === 'light' ? process.execPath : await findNodeProgram(),
    directory: await nodeDirectory(home, options.directory),
    name: options.name ?? before?.name ?? nodeName(hostname()),
    port: options.port ?? before?.port ?? PORTS.port,
    rpcPort: options.rpcPort ?? before?.rpcPort ?? PORTS.rpcPort,
    metricsPort: options.metricsPort ?? before?.metricsPort ?? PORTS.metricsPort,
    bootNodes: [...(options.bootNodes ?? before?.bootNodes ?? [])],
    publicAddresses: [...(options.publicAddresses ?? before?.publicAddresses ?? [])],
  };
  return { settings, specification: await specificationOf(options.chain, settings.directory) };
}

/** Where the node's files are: what the command line says, else where they were last, else the usual place. */
export async function nodeDirectory(home: Home, asked?: string): Promise<string> {
  if (asked !== undefined) return resolve(asked);
  return (await readNodeSettings(home))?.directory ?? join(home.chain, 'node');
}

async function specificationOf(chain: string | undefined, directory: string): Promise<Specification> {
  if (chain !== undefined) return loadSpecification(chain);
  const { specification } = nodePaths(directory);
  if (await isThere(specification)) return loadSpecification(specification);
  throw new UserError('chain-not-chosen', 'No chain is chosen for the node.', {
    exitCode: ExitCode.usage,
    nextSteps: ["Name the network's specification with --chain FILE, or `--chain dev` for the development chain."],
  });
}

/** A node takes no name with dots. */
export function nodeName(host: string): string {
  return host.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 63) || 'logos';
}
