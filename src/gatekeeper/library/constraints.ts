import type { Check } from './grammar.ts';
import type { ConstraintSpec } from './schema.ts';
import type { Value } from './values.ts';

type Given = Readonly<Record<string, Value>>;

/** A flag that is set to false counts as not given. */
function has(given: Given, name: string): boolean {
  return given[name] !== undefined && given[name] !== false;
}

/** Makes a check of how parameters go together: it returns what is wrong, or nothing. */
export function compileConstraint(spec: ConstraintSpec): Check {
  if ('atMostOne' in spec) return (given) => counted(given, spec.atMostOne, 0, 1);
  if ('exactlyOne' in spec) return (given) => counted(given, spec.exactlyOne, 1, 1);
  if ('atLeastOne' in spec) return (given) => counted(given, spec.atLeastOne, 1, Number.POSITIVE_INFINITY);
  const { if: condition, is, needs = [], excludes = [] } = spec;
  return (given) => {
    if (!has(given, condition) || (is !== undefined && given[condition] !== is)) return undefined;
    const missing = needs.find((name) => !has(given, name));
    if (missing !== undefined) return `${condition} needs ${missing}`;
    const against = excludes.find((name) => has(given, name));
    return against === undefined ? undefined : `${condition} and ${against} exclude each other`;
  };
}

function counted(given: Given, names: readonly string[], least: number, most: number): string | undefined {
  const present = names.filter((name) => has(given, name));
  if (present.length < least) return `one of ${names.join(', ')} is needed`;
  return present.length > most ? `${present.join(' and ')} exclude each other` : undefined;
}

/** Parameters that a constraint names. */
export function namedBy(spec: ConstraintSpec): readonly string[] {
  if ('atMostOne' in spec) return spec.atMostOne;
  if ('exactlyOne' in spec) return spec.exactlyOne;
  if ('atLeastOne' in spec) return spec.atLeastOne;
  return [spec.if, ...(spec.needs ?? []), ...(spec.excludes ?? [])];
}
