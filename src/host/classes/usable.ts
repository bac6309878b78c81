import type { Benchmark } from '../benchmark/run.ts';
import type { Inventory } from '../inventory/types.ts';
import type { FigureName, Minimum, ProvidePath, ResourceClasses } from './schema.ts';

export const FIGURE_UNITS: Readonly<Record<FigureName, string>> = {
  cpuSingle: 'Mround/s',
  cpuAll: 'Mround/s',
  memoryBandwidth: 'MB/s',
  ramMiB: 'MiB',
  diskWrite: 'MB/s',
  diskRead: 'MB/s',
  diskRandom: 'IO/s',
  gpu: 'GFLOP/s',
};

export const FIGURE_LABELS: Readonly<Record<FigureName, string>> = {
  cpuSingle: 'one-thread CPU speed',
  cpuAll: 'all-threads CPU speed',
  memoryBandwidth: 'memory bandwidth',
  ramMiB: 'memory',
  diskWrite: 'disk writing',
  diskRead: 'disk reading',
  diskRandom: 'random disk reading',
  gpu: 'GPU speed',
};

/** What a guest on this path could count on, in the units of `Minimum`. */
export type Usable = Readonly<Minimum>;

export interface UnstableFigure {
  figure: FigureName;
  why: string;
  /** What is counted on instead of the median. */
  used: number;
}

type Measured = Exclude<FigureName, 'ramMiB'>;
const MEASURED: readonly Measured[] = [
  'cpuSingle',
  'cpuAll',
  'memoryBandwidth',
  'diskWrite',
  'diskRead',
  'diskRandom',
  'gpu',
];
const SLOWED: readonly FigureName[] = ['cpuSingle', 'cpuAll', 'memoryBandwidth'];

/** The figures that count on a path: an unstable one by its lower quartile, CPU and memory speed by the path's factor. */
export function usableFigures(
  inventory: Pick<Inventory, 'memory'>,
  benchmark: Benchmark,
  classes: ResourceClasses,
  path: ProvidePath,
): { usable: Usable; unstable: UnstableFigure[] } {
  const unstable: UnstableFigure[] = [];
  const value = (name: Measured): number => {
    const figure = benchmark[name];
    if (figure === undefined) return 0;
    const counted = figure.state === 'stable' ? figure.score : figure.low;
    const slowed = SLOWED.includes(name) ? counted * classes.paths[path].factor : counted;
    if (figure.state === 'unstable') unstable.push({ figure: name, why: figure.why ?? 'unstable', used: slowed });
    return slowed;
  };
  const entries = MEASURED.map((name) => [name, value(name)] as const);
  return {
    usable: { ...(Object.fromEntries(entries) as Record<Measured, number>), ramMiB: inventory.memory.usableMiB },
    unstable,
  };
}
