import type { Benchmark } from '../benchmark/run.ts';
import type { Inventory } from '../inventory/types.ts';
import { FIGURE_NAMES, type FigureName, type ProvidePath, type ResourceClass, type ResourceClasses } from './schema.ts';
import { FIGURE_LABELS, FIGURE_UNITS, type UnstableFigure, type Usable, usableFigures } from './usable.ts';

/** One figure held against a minimum. */
export interface Comparison {
  figure: FigureName;
  has: number;
  needs: number;
  unit: string;
}

/** Which resource class a machine has on a path, and why. */
export interface ClassVerdict {
  /** Missing when the machine reaches no class on this path. */
  class?: string;
  path: ProvidePath;
  /** The figure that kept it from the next class; in the highest class, the one nearest to its minimum. */
  decidedBy: Comparison;
  /** The next class and all that it lacks for it, the furthest first. */
  next?: { class: string; lacks: Comparison[] };
  /** Whether the previous class was kept although a figure is below its minimum, but within the margin. */
  keptByMargin: boolean;
  unstable: UnstableFigure[];
  usable: Usable;
  summary: string;
}

export interface ClassifyOptions {
  /** Default `kvm`: what the machine would be with hardware virtualization, as long as the path is not known. */
  path?: ProvidePath;
  /** The class that the machine has so far. */
  previous?: string;
}

/**
 * Finds the highest class whose minimums (and those of all below it on this path) are met. With a previous class, the
 * minimums up to it are lowered and those above it raised by the chain's margin, so that noise changes nothing.
 * Pure and total; better figures never give a lower class.
 */
export function classify(
  inventory: Pick<Inventory, 'memory'>,
  benchmark: Benchmark,
  classes: ResourceClasses,
  options: ClassifyOptions = {},
): ClassVerdict {
  const path = options.path ?? 'kvm';
  const { usable, unstable } = usableFigures(inventory, benchmark, classes, path);
  const ladder = classes.classes.filter((entry) => entry.paths.includes(path));
  const previous = ladder.findIndex((entry) => entry.name === options.previous);
  const slack = (index: number): number => {
    if (previous < 0) return 1;
    return index <= previous ? 1 - classes.margin : 1 + classes.margin;
  };
  const missed = ladder.findIndex((entry, index) => lacking(usable, entry, slack(index)).length > 0);
  const reached = missed < 0 ? ladder.length - 1 : missed - 1;
  const given = ladder[reached];
  const above = ladder[reached + 1];
  const lacks = above ? lacking(usable, above, slack(reached + 1)) : [];
  const decidedBy = lacks[0] ?? nearest(usable, given);
  const next = above && { class: above.name, lacks };
  const verdict = {
    class: given?.name,
    path,
    decidedBy,
    next,
    keptByMargin: given !== undefined && lacking(usable, given, 1).length > 0,
    unstable,
    usable,
  };
  return { ...verdict, summary: summarize(verdict) };
}

/** A question that path finding asks: the class on each path, if any. */
export function classOn(
  inventory: Pick<Inventory, 'memory'>,
  benchmark: Benchmark,
  classes: ResourceClasses,
  previous?: string,
): (path: ProvidePath) => string | undefined {
  return (path) => classify(inventory, benchmark, classes, { path, previous }).class;
}

/** Figures under a class's minimums times `slack`, the furthest first. */
function lacking(usable: Usable, entry: ResourceClass, slack: number): Comparison[] {
  return FIGURE_NAMES.map((figure) => compare(usable, figure, entry.minimum[figure] * slack))
    .filter(({ has, needs }) => has < needs)
    .sort((a, b) => a.has / a.needs - b.has / b.needs);
}

function nearest(usable: Usable, entry: ResourceClass | undefined): Comparison {
  const asked = FIGURE_NAMES.filter((figure) => entry !== undefined && entry.minimum[figure] > 0);
  const compared = asked.map((figure) => compare(usable, figure, entry?.minimum[figure] ?? 0));
  return compared.sort((a, b) => a.has / a.needs - b.has / b.needs)[0] ?? compare(usable, 'cpuSingle', 0);
}

function compare(usable: Usable, figure: FigureName, needs: number): Comparison {
  return { figure, has: usable[figure], needs, unit: FIGURE_UNITS[figure] };
}

function summarize(verdict: Omit<ClassVerdict, 'summary'>): string {
  const how = verdict.path === 'qemu' ? ' in emulation' : '';
  const first = verdict.class === undefined ? `no class${how}` : `${verdict.class}${how}`;
  const decided = verdict.next
    ? `${verdict.next.class} lacks ${verdict.next.lacks.map(phrase).join(', ')}`
    : verdict.class === undefined
      ? `the chain has no class for the path ${verdict.path}`
      : `the highest; nearest to its minimum: ${phrase(verdict.decidedBy)}`;
  const kept = verdict.keptByMargin ? '; kept within the margin' : '';
  const unstable = verdict.unstable.map(({ figure }) => FIGURE_LABELS[figure]);
  const doubt = unstable.length === 0 ? '' : `; unstable, counted low: ${unstable.join(', ')}`;
  return `${first}: ${decided}${kept}${doubt}`;
}

function phrase({ figure, has, needs, unit }: Comparison): string {
  return `${FIGURE_LABELS[figure]} ${short(has)} of ${short(needs)} ${unit}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
