/** What a parameter says, typed and in its one canonical form. */
export type Value = string | number | boolean | readonly string[];

/** A file that a value names. */
export interface DocumentNeed {
  readonly kind: string;
  readonly limitBytes: number;
  readonly private: boolean;
  readonly companion?: { readonly ending: string; readonly kind: string; readonly shownBy?: readonly string[] };
}

/** Reads a value of one type. `read` throws a ValueFault for what is not one. */
export interface ValueType {
  readonly read: (text: string) => Value;
  readonly document?: DocumentNeed;
}

/** Says what a value should have been: `it is not a port`. */
export class ValueFault extends Error {}

export function notA(what: string): ValueFault {
  return new ValueFault(`it is not ${what}`);
}
