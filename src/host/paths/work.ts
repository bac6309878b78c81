import { COPY_MIB } from '../../hypervisor/index.ts';

export const WORK_NAMES = ['cpu', 'memory', 'diskWrite', 'diskRead', 'diskSmall', 'network'] as const;
export type WorkName = (typeof WORK_NAMES)[number];

/** Where work finds what is outside the programs. */
export interface Place {
  /** A file or a device of `DISK_MIB`. */
  readonly disk: string;
  /** A file of `DOWNLOAD_MIB` on a server of the host's. */
  readonly url: string;
}

/** The same commands, run by the same programs, on the host and in its guests. */
export interface Work {
  readonly title: string;
  readonly unit: string;
  /** What its rate is for a second of: a disk and a network are waited for, and their rate has no meaning by CPU time. */
  readonly per: 'cpu' | 'wall';
  /** The smallest amount, whose time is taken off: starting programs, and the kernel giving them memory. */
  readonly least: number;
  readonly most: number;
  /** What one of an amount is, in the unit. */
  readonly scale: number;
  command(amount: number, place: Place): string;
}

export const DISK_MIB = 256;
export const DOWNLOAD_MIB = 16;
const MB = 2 ** 20 / 1e6;

export const WORKS: Readonly<Record<WorkName, Work>> = {
  cpu: {
    title: 'CPU',
    unit: 'Mround/s',
    per: 'cpu',
    least: 1_000,
    most: 4e9,
    scale: 1e-6,
    command: (rounds) => `mix ${rounds}`,
  },
  memory: {
    title: 'memory',
    unit: 'MB/s',
    per: 'cpu',
    least: 2,
    most: 1e6,
    // Read and written, as STREAM counts.
    scale: 2 * COPY_MIB * MB,
    command: (passes) => `copy ${passes}`,
  },
  diskWrite: {
    title: 'disk, writing',
    unit: 'MB/s',
    per: 'wall',
    least: 1,
    most: DISK_MIB,
    scale: MB,
    command: (mib, { disk }) => dd(`if=/dev/zero of=${disk} bs=1M count=${mib} oflag=direct conv=notrunc`),
  },
  diskRead: {
    title: 'disk, reading',
    unit: 'MB/s',
    per: 'wall',
    least: 1,
    most: DISK_MIB,
    scale: MB,
    command: (mib, { disk }) => dd(`if=${disk} of=/dev/null bs=1M count=${mib} iflag=direct`),
  },
  diskSmall: {
    title: 'disk, 4 KiB reads',
    unit: 'IO/s',
    per: 'wall',
    least: 1,
    most: DISK_MIB * 256,
    scale: 1,
    command: (blocks, { disk }) => dd(`if=${disk} of=/dev/null bs=4k count=${blocks} iflag=direct`),
  },
  network: {
    title: 'network, receiving',
    unit: 'MB/s',
    per: 'wall',
    least: 1,
    most: 1_000,
    scale: DOWNLOAD_MIB * MB,
    command: (times, { url }) =>
      `n=0; while [ $n -lt ${times} ]; do busybox wget -q -O /dev/null ${url} || break; n=$((n+1)); done; [ $n = ${times} ]`,
  },
};

function dd(operands: string): string {
  return `busybox dd ${operands} status=none`;
}
