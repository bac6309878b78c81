import { z } from 'zod';
import { isWithin, readRange } from './cidr.ts';

export type Parameter = string | number | boolean | readonly string[];

const name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/);
const text = z.string().min(1).max(256);
const texts = z.array(text).min(1).max(256);

/**
 * One condition on a parameter of a command. A parameter that was not given meets all of them but `given`; of one that was given
 * several times, each value must meet it. `like` takes `*` for any characters; everything else stands for itself. `name`: it is
 * not an id, from which nobody can tell what it names.
 */
export const conditionSchema = z.discriminatedUnion('is', [
  z.strictObject({ parameter: name, is: z.literal('given') }),
  z.strictObject({ parameter: name, is: z.literal('absent') }),
  z.strictObject({ parameter: name, is: z.literal('name') }),
  z.strictObject({ parameter: name, is: z.literal('oneOf'), values: texts }),
  z.strictObject({ parameter: name, is: z.literal('noneOf'), values: texts }),
  z.strictObject({ parameter: name, is: z.literal('like'), values: texts }),
  z.strictObject({ parameter: name, is: z.literal('unlike'), values: texts }),
  z.strictObject({
    parameter: name,
    is: z.literal('within'),
    values: texts.refine(areRanges, 'not ranges of addresses'),
  }),
  z.strictObject({ parameter: name, is: z.literal('atMost'), value: z.int() }),
  z.strictObject({ parameter: name, is: z.literal('atLeast'), value: z.int() }),
  z.strictObject({ parameter: name, is: z.literal('countAtMost'), value: z.int().min(0) }),
]);
export type Condition = z.output<typeof conditionSchema>;

/** Whether a command's parameters meet a condition. What can't be compared doesn't: a rule that misses its type refuses. */
export function meets(condition: Condition, parameters: Readonly<Record<string, Parameter>>): boolean {
  const given = Object.hasOwn(parameters, condition.parameter) ? parameters[condition.parameter] : undefined;
  if (condition.is === 'given') return given !== undefined && given !== false;
  if (condition.is === 'absent') return given === undefined || given === false;
  if (given === undefined) return true;
  const values = typeof given === 'object' ? given : [given];
  if (condition.is === 'countAtMost') return values.length <= condition.value;
  return values.every((value) => holds(condition, value));
}

type OfOne = Exclude<Condition, { is: 'given' | 'absent' | 'countAtMost' }>;

function holds(condition: OfOne, value: string | number | boolean): boolean {
  switch (condition.is) {
    case 'name':
      return !isId(String(value));
    case 'oneOf':
      return condition.values.includes(String(value));
    case 'noneOf':
      return !condition.values.includes(String(value));
    case 'like':
      return condition.values.some((pattern) => isLike(String(value), pattern));
    case 'unlike':
      return !condition.values.some((pattern) => isLike(String(value), pattern));
    case 'within':
      return condition.values.some((range) => isWithin(String(value), range));
    case 'atMost':
      return typeof value === 'number' && value <= condition.value;
    case 'atLeast':
      return typeof value === 'number' && value >= condition.value;
  }
}

/** Whether a text is what services make up to name things: a UUID, with or without hyphens, or a number. */
export function isId(text: string): boolean {
  return /^(?:[0-9]+|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$/.test(text);
}

/** Whether a text is like a pattern, where `*` stands for any characters. Takes no longer than their lengths' product. */
export function isLike(value: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return value === pattern;
  const last = rest.pop() ?? '';
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  const end = value.length - last.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

function areRanges(values: readonly string[]): boolean {
  return values.every((value) => value.includes('/') && readRange(value) !== undefined);
}
