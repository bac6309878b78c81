import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { UserError } from '../../system/errors.ts';
import { ownCommand } from '../../system/process.ts';
import { addressText, type GpuAddress, isLocal } from '../address.ts';
import type { ComputeDevice } from '../devices/types.ts';
import type { ServiceLimits } from '../job.ts';
import { KernelCache } from './kernel-cache.ts';
import { WorkerPool } from './pool.ts';
import { workerHost } from './sandbox.ts';
import { Session, type SharedService } from './session.ts';
import { Turns } from './turns.ts';
import { vacate } from './vacate.ts';
import { WorkerProcess } from './worker-process.ts';

const MAX_CLIENTS = 64;
const MOST_WAITING = 64;
/** A worker that no job needs for so long is ended. */
const REST_MS = 60_000;
const MIB = 1024 ** 2;

export interface GpuServiceOptions {
  readonly address: GpuAddress;
  readonly limits?: Partial<ServiceLimits>;
  /** Workers at once. Default 2. */
  readonly workers?: number;
  /** Processors that a worker may keep busy: those of the machine where absent. */
  readonly processors?: number;
  /** How this program is started. */
  readonly command?: readonly string[];
}

export interface GpuService {
  /** Where it listens, the port it got included. */
  readonly address: GpuAddress;
  readonly devices: readonly ComputeDevice[];
  close(): Promise<void>;
}

/**
 * Lends this machine's compute devices to who can reach the address. Throws UserError `gpu-not-local` for one beyond this machine,
 * `gpu-address-taken`, `gpu-no-device`; ExternalError `sandbox-unavailable`.
 */
export async function startGpuService(options: GpuServiceOptions): Promise<GpuService> {
  if (!isLocal(options.address)) throw notLocal(addressText(options.address));
  if ('path' in options.address) await vacate(options.address.path);
  const limits: ServiceLimits = {
    programBytes: 4 * MIB,
    memoryBytes: Math.min(4_096 * MIB, Math.floor(totalmem() / 4 / MIB) * MIB),
    seconds: 600,
    compileSeconds: 60,
    ...options.limits,
  };
  const host = await workerHost(options.command ?? ownCommand());
  const worker = {
    host,
    memoryBytes: limits.memoryBytes,
    processors: options.processors ?? availableParallelism(),
  };
  const pool = new WorkerPool(options.workers ?? 2, () => WorkerProcess.start(worker));
  try {
    const { devices } = await pool.prepare();
    if (devices.length === 0) throw noDevice();
    const shared: SharedService = {
      pool,
      cache: new KernelCache(),
      turns: new Turns(1, MOST_WAITING),
      limits,
      devices,
    };
    const clients = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      clients.add(socket);
      socket.once('close', () => clients.delete(socket));
      void new Session(socket, shared).serve();
    });
    server.maxConnections = MAX_CLIENTS;
    await listen(server, options.address);
    const rest = setInterval(() => pool.rest(), REST_MS).unref();
    return {
      address: 'path' in options.address ? options.address : { ...options.address, port: portOf(server) },
      devices,
      async close() {
        clearInterval(rest);
        for (const socket of clients) socket.destroy();
        await Promise.all([new Promise((resolve) => server.close(resolve)), pool.close()]);
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function listen(server: Server, address: GpuAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(address, resolve);
  });
  if ('path' in address) await chmod(address.path, 0o600);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function notLocal(address: string): UserError {
  return new UserError(
    'gpu-not-local',
    `${address} can be reached from other machines, and nothing asks who sends a job.`,
    {
      nextSteps: ['Listen on 127.0.0.1, [::1] or unix:/PATH.'],
    },
  );
}

export function noDevice(): UserError {
  return new UserError('gpu-no-device', 'There is no compute device that takes jobs.', {
    nextSteps: [
      'See `logos gpu devices`, which says what was looked for.',
      "Install the OpenCL driver of the device's vendor, or pocl-opencl-icd to try it on the processor.",
    ],
  });
}
