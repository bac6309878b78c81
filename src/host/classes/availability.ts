import { z } from 'zod';

const amount = z.number().nonnegative();
const className = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

/** What a class of the second axis asks for at least. */
const minimumSchema = z.strictObject({
  /** Of the committed time (of all time without a commitment), the share in which the machine was there, 0 to 1. */
  uptime: amount.max(1),
  /** Hours of a week that are committed, and the longest of them without a break. */
  committedHours: amount.max(168),
  unbrokenHours: amount.max(168),
  /** Disk that is lent, GiB; and GiB a day that its link could carry in the committed hours. */
  diskGiB: amount,
  dayGiB: amount,
});
export type AvailabilityFigures = z.infer<typeof minimumSchema>;
export const AVAILABILITY_FIGURES = Object.keys(minimumSchema.shape) as (keyof AvailabilityFigures)[];

/** From the lowest to the highest; each asks for no less than the one before. */
export const availabilitySchema = z
  .array(
    z.strictObject({
      name: className,
      minimum: minimumSchema,
      /** Milliseconds to the region and back, at most. */
      latencyMs: amount.optional(),
    }),
  )
  .min(1)
  .max(16)
  .superRefine((classes, context) => {
    for (const [index, { name, minimum, latencyMs }] of classes.entries()) {
      const lower = classes[index - 1];
      if (lower === undefined) continue;
      const falls =
        AVAILABILITY_FIGURES.some((figure) => minimum[figure] < lower.minimum[figure]) ||
        (latencyMs ?? Number.POSITIVE_INFINITY) > (lower.latencyMs ?? Number.POSITIVE_INFINITY);
      if (falls) context.addIssue({ code: 'custom', message: `${name} asks for less than ${lower.name}` });
    }
  });
export type AvailabilityClasses = z.infer<typeof availabilitySchema>;

export interface AvailabilityFacts extends AvailabilityFigures {
  /** `undefined` while it could not be measured. */
  readonly latencyMs?: number;
}

export interface AvailabilityComparison {
  readonly figure: keyof AvailabilityFigures | 'latencyMs';
  readonly has: number | null;
  readonly needs: number;
}

export interface AvailabilityVerdict {
  /** Missing when the machine reaches none. */
  readonly class?: string;
  readonly next?: { readonly class: string; readonly lacks: readonly AvailabilityComparison[] };
  readonly keptByMargin: boolean;
}

/** The highest class of the second axis whose minimums are met, with the same margin around the class that the machine has. Pure and total. */
export function classifyAvailability(
  facts: AvailabilityFacts,
  classes: AvailabilityClasses,
  margin: number,
  previous?: string,
): AvailabilityVerdict {
  const before = classes.findIndex(({ name }) => name === previous);
  const slack = (index: number): number => (before < 0 ? 1 : index <= before ? 1 - margin : 1 + margin);
  const missed = classes.findIndex((entry, index) => lacking(facts, entry, slack(index)).length > 0);
  const reached = missed < 0 ? classes.length - 1 : missed - 1;
  const [given, above] = [classes[reached], classes[reached + 1]];
  return {
    class: given?.name,
    next: above && { class: above.name, lacks: lacking(facts, above, slack(reached + 1)) },
    keptByMargin: given !== undefined && lacking(facts, given, 1).length > 0,
  };
}

/** What a class asks for and a machine lacks. No more can be asked for than there is: all of the week, all of the time. */
function lacking(
  facts: AvailabilityFacts,
  { minimum, latencyMs }: AvailabilityClasses[number],
  slack: number,
): AvailabilityComparison[] {
  const most: Partial<AvailabilityFigures> = { uptime: 1, committedHours: 168, unbrokenHours: 168 };
  const lacks: AvailabilityComparison[] = AVAILABILITY_FIGURES.map((figure) => ({
    figure,
    has: facts[figure],
    needs: Math.min(minimum[figure] * slack, most[figure] ?? Number.POSITIVE_INFINITY),
  })).filter(({ has, needs }) => has < needs);
  if (latencyMs === undefined) return lacks;
  const allowed = latencyMs / slack;
  if (facts.latencyMs !== undefined && facts.latencyMs <= allowed) return lacks;
  return [...lacks, { figure: 'latencyMs', has: facts.latencyMs ?? null, needs: allowed }];
}
