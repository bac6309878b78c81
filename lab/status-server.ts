import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { StatusDocument } from '../src/service/status-document.ts';

/** Something for the dashboard to look at: serves a status that lives, at the sockets where a service would. */
export interface StatusServer {
  /** Orders received at the control socket: `POST /v1/pause`. */
  readonly orders: string[];
  close(): Promise<void>;
}

/** Listens in `home`/run. `refuse` makes every order fail with that message. */
export async function serveStatus(options: { home: string; dvms: number; refuse?: string }): Promise<StatusServer> {
  const run = join(options.home, 'run');
  await mkdir(run, { recursive: true });
  const started = Date.now();
  const orders: string[] = [];
  const status = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(livelyStatus(options.dvms, started, Date.now())));
  });
  const control = createServer((request, response) => {
    orders.push(`${request.method} ${request.url}`);
    response.statusCode = options.refuse ? 409 : 200;
    response.end(JSON.stringify(options.refuse ? { error: { code: 'refused', message: options.refuse } } : {}));
  });
  await listen(status, join(run, 'status.sock'));
  await listen(control, join(run, 'control.sock'));
  return { orders, close: async () => void (await Promise.all([closed(status), closed(control)])) };
}

/** A host with `dvms` DVMs whose figures move with the clock. */
export function livelyStatus(dvms: number, started: number, now: number): StatusDocument {
  const seconds = (now - started) / 1000;
  const at = (ago: number): string => new Date(now - ago * 1000).toISOString();
  const since = new Date(started).toISOString();
  const earlier = (secondsBefore: number): string => new Date(started - secondsBefore * 1000).toISOString();
  const running = { state: 'running', pid: 4242, restarts: 0, since } as const;
  return {
    version: 1,
    state: 'providing',
    message: null,
    class: 'compute-s',
    scores: [
      { name: 'cpuSingle', value: 1834.2, unit: 'points', share: 0.98 },
      { name: 'cpuAll', value: 3560.9, unit: 'points', share: 0.71 },
      { name: 'memory', value: 9.42, unit: 'GiB/s', share: 0.97 },
      { name: 'disk', value: 412.7, unit: 'MiB/s', share: null },
    ],
    path: 'qemu',
    pathReason: 'KVM runs 1.4 M instructions/s',
    dvms: Array.from({ length: dvms }, (_, index) => ({
      name: `dvm-${String(index + 1).padStart(2, '0')}`,
      uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      state: index % 13 === 12 ? 'paused' : 'running',
      path: 'qemu',
      vcpus: 1 + (index % 4),
      memoryMiB: 256 * (1 + (index % 8)),
      // The integral of a load that swings between nothing and everything, each DVM in its own time.
      cpuSeconds: (1 + (index % 4)) * (seconds / 2 - 4 * Math.cos(seconds / 8 + index)),
    })),
    integrity: 'intact',
    integrityDetail: { checkedAt: at(3), deviations: [] },
    chain: { name: 'logos-dev', height: 1200 + Math.floor(seconds / 3), finalized: 1197 + Math.floor(seconds / 3) },
    account: '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY',
    service: { ng: { ...running, restarts: 1 }, ngd: running, chain: running, libvirtd: null },
    lent: { cpuCores: 1.5, memoryMiB: 16_384, cpuUsed: 0.75 + 0.7 * Math.sin(seconds / 5), memoryUsedMiB: 9_216 },
    kept: { cpuCores: 0.5, memoryMiB: 8_192, cpuUsed: 0.12, memoryUsedMiB: 2_048 },
    gatekeeper: {
      received: 1_041,
      refused: 3,
      executed: 1_037,
      failed: 1,
      pending: 0,
      recent: Array.from({ length: 20 }, (_, index) => ({
        at: earlier(400 - index * 20),
        kind: index === 0 ? 'join' : 'start-dvm',
        outcome: index === 7 ? 'refused' : index === 11 ? 'failed' : 'executed',
        detail: `dvm-${index + 1}: operation ${index + 1} of the chain, from the template debian-minimal`,
      })),
    },
    events: Array.from({ length: 30 }, (_, index) => ({
      at: earlier(300 - index * 10),
      severity: index % 11 === 10 ? 'warning' : 'info',
      source: ['ng', 'ngd', 'chain', 'dvm'][index % 4] ?? 'ng',
      text: `Event ${index + 1}: a DVM said it is ready, and the gatekeeper reported so to the chain`,
    })),
    updatedAt: new Date(now).toISOString(),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
