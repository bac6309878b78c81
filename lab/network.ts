import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localExec } from '../src/system/exec.ts';

/** Hosts on a switch of their own: network namespaces joined by a bridge, all apart from this machine's network. */
export interface LabNetwork {
  /** `tunnels`: gives it a second card, `eth1`, without an address, on a switch that only such hosts share. */
  host(options?: { tunnels?: boolean }): Promise<LabHost>;
  close(): Promise<void>;
}

export interface LabHost {
  /** Its IPv4 address on the switch. */
  readonly address: string;
  /** What listens on the host's loopback at this port is reached at the same one on this machine's. */
  readonly port: number;
  /** The words before a command line that run it on this host. It is killed when the process that starts it ends. */
  readonly command: readonly string[];
  /** Pulls its plug, or puts it back: packets on the switch are lost meanwhile. */
  plug(connected: boolean): Promise<void>;
}

const SUBNET = '10.77.0';

/** What this machine lacks for it, in words for `ctx.skip`, or `undefined`. */
export function labNetworkLacks(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root for network namespaces';
}

export async function startLabNetwork(): Promise<LabNetwork> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-net-'));
  const processes: ChildProcess[] = [];
  const servers: Server[] = [];
  const namespace = async (socket: string, port: number): Promise<number> => {
    const child = await enterNamespace(socket, port);
    processes.push(child);
    await run(child.pid ?? 0, ['link', 'set', 'lo', 'up']);
    return child.pid ?? 0;
  };
  const hub = await namespace(join(directory, 'hub.sock'), 0);
  for (const name of ['switch', 'tunnels']) {
    await run(hub, ['link', 'add', name, 'type', 'bridge']);
    await run(hub, ['link', 'set', name, 'up']);
  }
  const lay = async (cable: string, pid: number, card: string, into: string): Promise<void> => {
    await run(hub, ['link', 'add', cable, 'type', 'veth', 'peer', 'name', card, 'netns', String(pid)]);
    await run(hub, ['link', 'set', cable, 'master', into, 'up']);
    await run(pid, ['link', 'set', card, 'up']);
  };

  return {
    host: async ({ tunnels = false } = {}) => {
      const number = processes.length;
      const socket = join(directory, `host${number}.sock`);
      const { server, port } = await forward(socket);
      servers.push(server);
      const pid = await namespace(socket, port);
      const [cable, address] = [`cable${number}`, `${SUBNET}.${number}`];
      await lay(cable, pid, 'eth0', 'switch');
      await run(pid, ['address', 'add', `${address}/24`, 'dev', 'eth0']);
      if (tunnels) await lay(`${cable}t`, pid, 'eth1', 'tunnels');
      return {
        address,
        port,
        command: ['setpriv', '--pdeathsig', 'KILL', 'nsenter', `--net=/proc/${pid}/ns/net`],
        plug: async (connected) => {
          for (const each of tunnels ? [cable, `${cable}t`] : [cable]) {
            await run(hub, ['link', 'set', each, connected ? 'up' : 'down']);
          }
        },
      };
    },
    close: async () => {
      for (const server of servers) server.close();
      for (const child of processes) child.stdin?.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A process in a new namespace, which holds it; ready when its socket is. */
function enterNamespace(socket: string, port: number): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'forward.mjs');
  const child = spawn('unshare', ['--net', '--', process.execPath, script, socket, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`no network namespace: exit code ${code}`)));
    child.stdout.once('data', () => resolve(child));
  });
}

async function run(namespace: number, args: readonly string[]): Promise<void> {
  await localExec('nsenter', [`--net=/proc/${namespace}/ns/net`, 'ip', ...args]);
}

/** Listens on a free port of the loopback and passes what comes on to a unix socket. */
export function forward(socket: string): Promise<{ server: Server; port: number }> {
  const server = createServer((client) => {
    const inside = connect(socket);
    client.pipe(inside).pipe(client);
    client.on('error', () => inside.destroy());
    inside.on('error', () => client.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server: server.unref(), port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}
