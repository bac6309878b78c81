import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

interface Facts {
  /** What our group may put into the owner's swap: bytes, `max`, or absent where the kernel can't limit it. */
  readonly limit?: string;
  /** Swap devices and files of this machine. */
  readonly devices: readonly string[];
}

/** Guests stay out of the owner's swap. The limit itself is set with the others of the group (cgroup.ts, slice.ts). */
export const swap = control({
  name: 'swap',
  title: 'Guests stay out of your swap',
  owner:
    'What guests hold in memory is never written to your disk, so it can’t be found there later, and your own programs keep the swap to themselves.',
  leaves: 'Your swap devices, their encryption and vm.swappiness stay as they are; they are only listed.',
  schema: z.strictObject({}),
  target: z.object({}),
  async look({ files, paths, instance }): Promise<Facts> {
    const names = [`${instance}.slice`, instance];
    const v2 = [paths.cgroup, join(paths.cgroup, 'unified')].flatMap((root) =>
      names.map((name) => join(root, name, 'memory.swap.max')),
    );
    const found = await Promise.all(v2.map((path) => files.read(path)));
    const v1 = await Promise.all(
      ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'].map((file) =>
        files.read(join(paths.cgroup, 'memory', instance, file)),
      ),
    );
    const [memory, both] = v1.map((text) => (text === undefined ? undefined : Number(text)));
    const inV1 = memory === undefined || both === undefined ? undefined : `${Math.max(0, both - memory)}`;
    const devices = (await files.read(join(paths.proc, 'swaps')))?.split('\n').slice(1) ?? [];
    return { limit: found.find((text) => text !== undefined) ?? inV1, devices: devices.map(nameOf) };
  },
  plan: () => ({ steps: [], keeps: [], target: {} }),
  check(_target, { limit, devices }) {
    const has = devices.length === 0 ? 'this machine has no swap' : `this machine swaps to ${devices.join(', ')}`;
    if (limit === undefined) return { state: 'unsupported', detail: `no limit of swap for groups here; ${has}` };
    if (limit === '0') return { state: 'held', detail: has };
    return { state: 'not-held', expected: '0 bytes of swap', actual: limit };
  },
});

function nameOf(line: string): string {
  return line.split(/\s+/)[0] ?? line;
}
