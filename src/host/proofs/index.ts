/** Proofs of capacity: what a machine does for them (prover), and how the region checks it cheaply (judge). */

export { type Claim, readClaim } from './claim.ts';
export {
  judgeCpu,
  judgeDisk,
  judgePlot,
  judgeProduct,
  type RoundResult,
  type RoundVerdict,
  revealOf,
} from './judge.ts';
export { type LinkKernel, linkKernel } from './link-kernel.ts';
export { type Answer, answerSchema, type Challenge, type ChallengeOf, challengeSchema, type Plot } from './messages.ts';
export { beyondOffer } from './offer.ts';
export { PlotPlace, removeLeftPlots } from './plot-place.ts';
export { type ProverOptions, prove } from './prover.ts';
export { type ProofRules, parseProofRules } from './rules.ts';
export { roundSeed } from './seed.ts';
export {
  cpuStanding,
  diskStanding,
  type JointRound,
  jointStanding,
  provenBenchmark,
  type Standing,
  type Standings,
  untilNextRound,
} from './standing.ts';
