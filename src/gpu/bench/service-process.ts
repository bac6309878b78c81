import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ExternalError } from '../../system/errors.ts';
import { ownCommand } from '../../system/process.ts';
import { type GpuAddress, parseAddress } from '../address.ts';

export interface ServiceProcess {
  readonly address: GpuAddress;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * A GPU service as a process of its own, at a free port of the loopback interface. `flags` are more of `logos gpu serve`'s. Throws
 * ExternalError `gpu-unreachable`.
 */
export async function serviceProcess(
  command: readonly string[] = ownCommand(),
  flags: readonly string[] = [],
): Promise<ServiceProcess> {
  const [file = '', ...args] = command;
  const child = spawn(file, [...args, 'gpu', 'serve', '--listen', '127.0.0.1:0', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    said = line;
    const [, address] = / at (\S+)"/.exec(line) ?? [];
    if (address === undefined) continue;
    child.stdout.resume();
    return {
      address: parseAddress(address),
      pid: child.pid ?? 0,
      async stop() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  await ended;
  throw new ExternalError('gpu-unreachable', `The GPU service did not start: ${said}`, {
    nextSteps: ['Run `logos gpu serve`, which says why.'],
  });
}
