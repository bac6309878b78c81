/** What a provider commits to, how well it was kept, and what that earns and costs. */

export { parseSlaRules, settle } from './account.ts';
export { type Kept, keptOf } from './commit.ts';
export { type Commitment, committedSpans, merged, parseCommitment, type Span } from './schedule.ts';
