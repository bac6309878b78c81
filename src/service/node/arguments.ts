import { type NodeSettings, nodePaths } from './settings.ts';

/** The node stops when less is free on the disk of its database, in MiB. */
export const LEAST_FREE_MIB = 1_024;

/** The command line of the native node: the program and its arguments. */
export function nodeCommand(settings: NodeSettings): string[] {
  const { program, role, directory, name, port, rpcPort, metricsPort, bootNodes, publicAddresses } = settings;
  const { specification, nodeKey } = nodePaths(directory);
  return [
    program,
    ...['--role', role],
    ...['--chain', specification],
    ...['--base-path', directory],
    ...['--node-key-file', nodeKey],
    ...['--name', name],
    ...['--port', String(port)],
    ...['--rpc-port', String(rpcPort)],
    ...['--prometheus-port', String(metricsPort)],
    ...['--db-storage-threshold', String(LEAST_FREE_MIB)],
    '--disable-log-color',
    ...bootNodes.flatMap((address) => ['--bootnodes', address]),
    ...publicAddresses.flatMap((address) => ['--public-addr', address]),
  ];
}
