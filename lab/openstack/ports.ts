import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { forward } from '../network.ts';
import type { SystemdHost } from '../systemd.ts';

/** Ports of a host in another network namespace, each reached at a free port of this machine's loopback. */
export interface ForwardedPorts {
  /** The port here for one there. Throws RangeError for one that was not asked for. */
  at(port: number): number;
  close(): Promise<void>;
}

/** Their sockets are in the host's scratch directory. */
export async function forwardPorts(host: SystemdHost, ports: readonly number[]): Promise<ForwardedPorts> {
  const socketOf = (port: number): string => join(host.scratch, `port-${port}`);
  const child = await listenThere(
    host.inItsNetwork(),
    ports.flatMap((port) => [socketOf(port), String(port)]),
  );
  const here = new Map(await Promise.all(ports.map(async (port) => [port, await forward(socketOf(port))] as const)));
  return {
    at: (port) => {
      const found = here.get(port);
      if (found === undefined) throw new RangeError(`port ${port} is not forwarded`);
      return found.port;
    },
    close: async () => {
      for (const { server } of here.values()) server.close();
      child.stdin?.end();
    },
  };
}

function listenThere(inItsNetwork: readonly string[], args: readonly string[]): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '../forward.mjs');
  const [command = '', ...words] = [...inItsNetwork, process.execPath, script, ...args];
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`no ports are forwarded: exit code ${code}`)));
    child.stdout?.once('data', () => resolve(child));
  });
}
