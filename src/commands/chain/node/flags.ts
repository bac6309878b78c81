import { Flags, type Interfaces } from '@oclif/core';
import type { NodeOptions } from '../../../service/index.ts';

const port = { min: 1, max: 65_535 };

/** What can be said of a node. What isn't said stays as it was at the last start. */
export const nodeFlags = {
  role: Flags.option({
    description:
      'what the node is for: making blocks, being found first, answering, keeping every state; or light: verifying without a native node',
    options: ['validator', 'boot', 'full', 'archive', 'light'] as const,
  })(),
  chain: Flags.string({ description: 'the file of a chain specification, or `dev` for the development chain' }),
  'base-path': Flags.string({ description: 'where its database and keys are (default: chain/node in LOGOS_HOME)' }),
  name: Flags.string({ description: "its name in the network (default: this host's)" }),
  port: Flags.integer({ description: 'port for peers (default 30333)', ...port }),
  'rpc-port': Flags.integer({ description: 'port for requests on 127.0.0.1 (default 9944)', ...port }),
  'metrics-port': Flags.integer({ description: 'port for Prometheus on 127.0.0.1 (default 9615)', ...port }),
  'boot-node': Flags.string({ description: 'a peer to begin with, as /ip4/…/tcp/…/p2p/…', multiple: true }),
  'public-address': Flags.string({ description: 'an address under which peers reach this node', multiple: true }),
};

/** The flags as options of a node. */
export function nodeOptions(flags: Interfaces.InferredFlags<typeof nodeFlags>): NodeOptions {
  return {
    role: flags.role,
    chain: flags.chain,
    directory: flags['base-path'],
    name: flags.name,
    port: flags.port,
    rpcPort: flags['rpc-port'],
    metricsPort: flags['metrics-port'],
    bootNodes: flags['boot-node'],
    publicAddresses: flags['public-address'],
  };
}
