import { CHECKPOINT_BYTES, wrongLink } from './chain.ts';
import type { LinkKernel } from './link-kernel.ts';
import type { Answer, Challenge, ChallengeOf } from './messages.ts';
import { wrongHop } from './plot.ts';
import { factors, isProduct, productDigest, productOf } from './product.ts';
import type { ProofRules } from './rules.ts';
import { drawn } from './seed.ts';

/**
 * What a round showed. `proved`: what was claimed. `busy`: right for each second of CPU time, of which little was
 * delivered. `short`: slower than claimed. `late`: past its deadline. `wrong`: not the answer. `failed`: the machine itself says that it can't.
 */
export type RoundVerdict = 'proved' | 'busy' | 'short' | 'late' | 'wrong' | 'failed';

export interface RoundResult {
  readonly kind: Challenge['kind'];
  readonly verdict: RoundVerdict;
  /** A clause. */
  readonly why: string;
  /** Work a second by the region's clock: Mround/s for `cpu`, GFLOP/s for `product`. */
  readonly rate?: number;
  /** Of the CPU time that the threads could have had by the region's clock, what the machine says that it had. */
  readonly share?: number;
  /** `rate` for each second of CPU time. */
  readonly perCpuSecond?: number;
  readonly claimed?: number;
}

/** An answer, with what only the region knows of it. */
export interface Answered {
  readonly answer: Answer;
  /** From asking to the answer, by the region's clock. */
  readonly elapsedMs: number;
  /** 0 to 1, drawn after the answer was there: decides what is checked. */
  readonly random: () => number;
}

/** Judges a CPU round. `claimed`: Mround/s for each second of CPU time, of that many lanes together. */
export function judgeCpu(
  challenge: ChallengeOf<'cpu'>,
  { answer, elapsedMs, random }: Answered,
  claimed: number,
  rules: ProofRules['cpu'],
  kernel: LinkKernel,
): RoundResult {
  const other = otherwise('cpu', answer, elapsedMs, challenge.windowMs + rules.graceMs);
  if (other !== undefined || answer.kind !== 'cpu') return other ?? wrongKind('cpu');
  const { lanes, seed, roundsPerLink } = challenge;
  const given = answer.lanes.map((text) => Buffer.from(text, 'base64'));
  if (given.length !== lanes) return { kind: 'cpu', verdict: 'wrong', why: `${given.length} of ${lanes} lanes` };
  const wrong = wrongLink(kernel, { seed, roundsPerLink }, given, { checked: rules.checked, random });
  if (wrong !== undefined) return { kind: 'cpu', verdict: 'wrong', why: `link ${wrong} was not computed` };
  const links = given.reduce((sum, { length }) => sum + Math.floor(length / CHECKPOINT_BYTES), 0);
  const rate = (links * roundsPerLink) / elapsedMs / 1_000;
  // More time than there was, nobody had; and to have had next to none is no excuse for anything.
  const share = Math.min(1, Math.max(0.01, answer.cpuSeconds / ((lanes * elapsedMs) / 1_000)));
  const perCpuSecond = rate / share;
  const figures = { kind: 'cpu', rate, share, perCpuSecond, claimed } as const;
  const told = `${short(perCpuSecond)} of ${short(claimed)} Mround/s a CPU second, ${Math.round(share * 100)} % of the time delivered`;
  if (perCpuSecond < claimed * (1 - rules.tolerance)) return { ...figures, verdict: 'short', why: told };
  return { ...figures, verdict: share < rules.minShare ? 'busy' : 'proved', why: told };
}

/** The question that follows the digests of a round of products. */
export function revealOf(
  { seed, size }: ChallengeOf<'product'>,
  answer: Answer,
  random: () => number,
  rules: ProofRules['product'],
): ChallengeOf<'reveal'> | undefined {
  if (answer.kind !== 'product' || answer.digests.length === 0) return undefined;
  return { kind: 'reveal', seed, size, indices: drawn(rules.checked, answer.digests.length, random) };
}

/** Judges a round of products: by time, by the digests that were given before anything was drawn, and by Freivalds' check. */
export function judgeProduct(
  challenge: ChallengeOf<'product'>,
  { answer, elapsedMs, random }: Answered,
  reveal: { asked: ChallengeOf<'reveal'>; answer: Answer } | undefined,
  rules: ProofRules['product'],
): RoundResult {
  const other = otherwise('product', answer, elapsedMs, challenge.windowMs + rules.graceMs);
  if (other !== undefined || answer.kind !== 'product') return other ?? wrongKind('product');
  if (reveal?.answer.kind !== 'reveal') return { kind: 'product', verdict: 'wrong', why: 'it showed no product' };
  const { size, seed } = challenge;
  for (const [at, index] of reveal.asked.indices.entries()) {
    const product = productOf(Buffer.from(reveal.answer.products[at] ?? '', 'base64'), size);
    const same = product !== undefined && productDigest(product) === answer.digests[index];
    if (!same) return { kind: 'product', verdict: 'wrong', why: `product ${index} is not the one it told of` };
    const right = isProduct({ ...factors(seed, index, size), product, size }, { trials: rules.trials, random });
    if (!right) return { kind: 'product', verdict: 'wrong', why: `product ${index} is not one of its factors` };
  }
  const rate = (answer.digests.length * 2 * size ** 3) / elapsedMs / 1e6;
  return { kind: 'product', verdict: 'proved', rate, why: `${short(rate)} GFLOP/s` };
}

/** Judges what a machine says of filling the disk that it claims. */
export function judgePlot({ plot }: ChallengeOf<'plot'>, answer: Answer): RoundResult {
  const size = `${short((plot.units * plot.unitKiB) / 1024)} MiB`;
  if (answer.kind === 'failed')
    return { kind: 'plot', verdict: 'failed', why: `${size} were not filled: ${answer.why}` };
  const all = answer.kind === 'plot' && answer.units === plot.units;
  return {
    kind: 'plot',
    verdict: all ? 'proved' : 'wrong',
    why: all ? `it says that ${size} are filled` : 'not all units',
  };
}

/** Judges reads of the disk: their time, and what some of them gave. */
export function judgeDisk(
  { seed, plot, hops }: ChallengeOf<'disk'>,
  { answer, elapsedMs, random }: Answered,
  rules: ProofRules['disk'],
): RoundResult {
  const allowed = hops * rules.hopMs + rules.graceMs;
  const other = otherwise('disk', answer, elapsedMs, allowed);
  if (answer.kind !== 'disk') return other ?? wrongKind('disk');
  if (answer.digests.length !== hops) return { kind: 'disk', verdict: 'wrong', why: 'not all reads' };
  const wrong = wrongHop(seed, plot, answer.digests, drawn(rules.checked, hops, random));
  if (wrong !== undefined)
    return { kind: 'disk', verdict: 'wrong', why: `read ${wrong} did not give what was filled in` };
  if (other !== undefined) return other;
  return { kind: 'disk', verdict: 'proved', why: `${hops} reads in ${Math.round(elapsedMs)} of ${allowed} ms` };
}

function otherwise(kind: Challenge['kind'], answer: Answer, ms: number, allowed: number): RoundResult | undefined {
  // Whoever went away gave no answer in time, and has not said that it can't.
  if (ms === Number.POSITIVE_INFINITY) return { kind, verdict: 'late', why: 'it gave no answer' };
  if (answer.kind === 'failed') return { kind, verdict: 'failed', why: answer.why };
  if (ms > allowed) return { kind, verdict: 'late', why: `${Math.round(ms)} ms, and ${allowed} are allowed` };
  return undefined;
}

function wrongKind(kind: Challenge['kind']): RoundResult {
  return { kind, verdict: 'wrong', why: 'it answered another question' };
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
