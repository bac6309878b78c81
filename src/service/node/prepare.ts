import { randomBytes } from 'node:crypto';
import { mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { UserError } from '../../system/errors.ts';
import { isThere, writeFileAtomic } from '../../system/files.ts';
import { LEAST_FREE_MIB } from './arguments.ts';
import { nodeFailure } from './failures.ts';
import { type NodeSettings, nodePaths } from './settings.ts';
import { placeSpecification, type Specification } from './specification.ts';

/**
 * Makes what a node needs before its first start: its directory, the specification in it, and a network key that stays
 * the same, so that others find a validator or boot node again. Throws UserError `node-other-chain` or `disk-full`.
 */
export async function prepareNode(settings: NodeSettings, specification: Specification): Promise<void> {
  const { directory } = settings;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const disk = await statfs(directory);
  if ((disk.bavail * disk.bsize) / 2 ** 20 < LEAST_FREE_MIB) throw nodeFailure(['No space left on device'], settings);
  await placeSpecification(specification, directory);
  const { nodeKey } = nodePaths(directory);
  if (settings.role !== 'light' && !(await isThere(nodeKey)))
    await writeFileAtomic(nodeKey, randomBytes(32).toString('hex'), 0o600);
}

/**
 * The node would take another port by itself, where nobody looks for it. Those of `running`, the same node as it runs
 * now, are free as soon as it is started anew. Throws UserError `port-taken`.
 */
export async function checkPorts(settings: NodeSettings, running?: NodeSettings): Promise<void> {
  const { role, port, rpcPort, metricsPort } = settings;
  const own = [running?.port, running?.rpcPort, running?.metricsPort];
  for (const [number, host, flag] of [
    [port, '0.0.0.0', '--port'],
    [rpcPort, '127.0.0.1', '--rpc-port'],
    [metricsPort, '127.0.0.1', '--metrics-port'],
  ] as const) {
    if (role === 'light' && flag !== '--rpc-port') continue;
    if (own.includes(number) || (await isFree(number, host))) continue;
    throw new UserError('port-taken', `Port ${number} is taken, so the node can't listen there.`, {
      nextSteps: [`Choose another one with ${flag}, or stop the program that uses it (ss -ltnp).`],
    });
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
