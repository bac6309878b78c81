/** A runtime that panicked, ran out of something, or asked for what this chain does not offer. */
export class RuntimeFailure extends Error {}
