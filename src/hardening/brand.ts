declare const stage: unique symbol;

/** Marks the output of one stage, so that the next stage takes nothing else: policy → plan → applied plan. */
export type Stage<T, Name extends string> = T & { readonly [stage]: Name };

/** Only the function that completes a stage calls this. */
export function completeStage<T, Name extends string>(value: T): Stage<T, Name> {
  return value as Stage<T, Name>;
}
