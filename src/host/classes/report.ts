import type { AvailabilityFacts, AvailabilityVerdict } from './availability.ts';
import { classifyAvailability } from './availability.ts';
import { type ClassifyOptions, type ClassVerdict, classify } from './classify.ts';
import { FIGURE_NAMES, type FigureName, type ResourceClasses } from './schema.ts';
import { FIGURE_LABELS, FIGURE_UNITS } from './usable.ts';

/** One figure of the efficiency axis, and the thresholds beside it. */
export interface ReportedFigure {
  readonly figure: FigureName;
  readonly label: string;
  readonly unit: string;
  /** What counts, the path's factor and an unstable figure's lower quartile considered. */
  readonly has: number;
  /** What the class that was given asks for; `null` without one. */
  readonly needs: number | null;
  /** What the next class asks for; `null` at the top. */
  readonly nextNeeds: number | null;
  /** What the threshold made of it. */
  readonly decision: 'reaches-next' | 'keeps-from-next' | 'kept-by-margin' | 'not-asked-for';
}

export interface ClassReport {
  readonly efficiency: ClassVerdict & { readonly figures: readonly ReportedFigure[] };
  /** Absent where the chain has no second axis. */
  readonly availability?: AvailabilityVerdict & { readonly facts: AvailabilityFacts };
}

/** Which class a machine has on both axes, and what each threshold had to do with it. Pure. */
export function reportClass(
  measured: { inventory: Parameters<typeof classify>[0]; benchmark: Parameters<typeof classify>[1] },
  facts: AvailabilityFacts,
  classes: ResourceClasses,
  previous: ClassifyOptions & { availability?: string },
): ClassReport {
  const verdict = classify(measured.inventory, measured.benchmark, classes, previous);
  const entry = (name: string | undefined) => classes.classes.find((one) => one.name === name)?.minimum;
  const [given, next] = [entry(verdict.class), entry(verdict.next?.class)];
  const missing = new Set(verdict.next?.lacks.map(({ figure }) => figure));
  const figures = FIGURE_NAMES.map((figure): ReportedFigure => {
    const has = verdict.usable[figure];
    const [needs, nextNeeds] = [given?.[figure] ?? null, next?.[figure] ?? null];
    const decision = missing.has(figure)
      ? 'keeps-from-next'
      : needs !== null && has < needs
        ? 'kept-by-margin'
        : (nextNeeds ?? needs ?? 0) === 0
          ? 'not-asked-for'
          : 'reaches-next';
    return { figure, label: FIGURE_LABELS[figure], unit: FIGURE_UNITS[figure], has, needs, nextNeeds, decision };
  });
  const { availability } = classes;
  return {
    efficiency: { ...verdict, figures },
    ...(availability && {
      availability: { ...classifyAvailability(facts, availability, classes.margin, previous.availability), facts },
    }),
  };
}
