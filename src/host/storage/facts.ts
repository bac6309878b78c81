import { z } from 'zod';
import { ExternalError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Inventory } from '../inventory/types.ts';

/** A disk that nothing is on. */
export interface FreeDisk {
  readonly name: string;
  readonly sizeGiB: number;
  readonly rotational: boolean;
  /** `unknown`: no smartctl, or a disk that does not say (one of a virtual machine). */
  readonly health: 'good' | 'failing' | 'unknown';
}

/** What a storage node needs to be judged. */
export interface StorageFacts {
  readonly disks: readonly FreeDisk[];
  readonly smartctl: boolean;
  readonly memoryMiB: number;
  /** Mbit/s of the default interface as its driver says; `null` where it does not. */
  readonly linkMbit: number | null;
  /** Hours without a break that the owner commits to. */
  readonly unbrokenHours: number;
}

interface Block {
  name: string;
  type: string;
  size: number;
  rota: boolean;
  ro: boolean;
  fstype: string | null;
  mountpoints: (string | null)[];
  children?: Block[];
}

const block: z.ZodType<Block> = z.lazy(() =>
  z.object({
    name: z.string().regex(/^[\w!.-]{1,64}$/),
    type: z.string(),
    size: z.number(),
    rota: z.boolean(),
    ro: z.boolean(),
    fstype: z.string().nullable(),
    mountpoints: z.array(z.string().nullable()),
    children: z.array(block).optional(),
  }),
);
const listing = z.object({ blockdevices: z.array(block) });
const COLUMNS = 'NAME,TYPE,SIZE,ROTA,RO,FSTYPE,MOUNTPOINTS';
const smart = z.object({ smart_status: z.object({ passed: z.boolean() }).optional() });

/** Looks at the disks, their health, and the link; changes nothing. Throws `command-missing` without lsblk. */
export async function storageFacts(
  inventory: Pick<Inventory, 'memory' | 'network'>,
  unbrokenHours: number,
  exec: Exec,
): Promise<StorageFacts> {
  const { stdout } = await exec('lsblk', ['--json', '--bytes', '--output', COLUMNS]);
  const free = freeDisks(stdout);
  const smartctl = await exec('smartctl', ['--version']).then(
    () => true,
    () => false,
  );
  const disks: FreeDisk[] = [];
  for (const disk of free) disks.push({ ...disk, health: smartctl ? await healthOf(disk.name, exec) : 'unknown' });
  const link = inventory.network.find((one) => one.default)?.speed ?? null;
  return { disks, smartctl, memoryMiB: inventory.memory.usableMiB, linkMbit: link, unbrokenHours };
}

/** Whole disks without partitions, file systems or users, from lsblk's JSON. Throws ExternalError `output-unreadable`. */
export function freeDisks(text: string): Omit<FreeDisk, 'health'>[] {
  const parsed = listing.safeParse(parsedJson(text));
  if (!parsed.success) {
    throw new ExternalError('output-unreadable', 'lsblk lists the disks in a form that is not known.', {
      cause: parsed.error,
      nextSteps: ['Update util-linux: its lsblk has to know --json and the columns ROTA and MOUNTPOINTS.'],
    });
  }
  return parsed.data.blockdevices
    .filter(({ type, size, ro, name }) => type === 'disk' && size > 0 && !ro && !/^(?:zram|ram|nbd|fd)\d/.test(name))
    .filter(
      ({ fstype, mountpoints, children = [] }) =>
        fstype === null && !mountpoints.some(Boolean) && children.length === 0,
    )
    .map(({ name, size, rota }) => ({ name, sizeGiB: Math.floor(size / 2 ** 30), rotational: rota }));
}

/** smartctl(8): the bits of its exit status tell of more than failures, so that only its JSON counts. */
async function healthOf(name: string, exec: Exec): Promise<FreeDisk['health']> {
  const text = await exec('smartctl', ['--health', '--json', `/dev/${name}`]).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error instanceof ExternalError ? (error.lastLines ?? []).join('\n') : ''),
  );
  return smartHealth(text);
}

/** The verdict in smartctl's JSON. */
export function smartHealth(text: string): FreeDisk['health'] {
  const parsed = smart.safeParse(parsedJson(text));
  if (!parsed.success || parsed.data.smart_status === undefined) return 'unknown';
  return parsed.data.smart_status.passed ? 'good' : 'failing';
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
