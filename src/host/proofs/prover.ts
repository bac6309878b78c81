import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { toLogosError } from '../../system/errors.ts';
import { linkModule, TABLE_BYTES } from './link-kernel.ts';
import type { Answer, AnswerOf, Challenge, ChallengeOf } from './messages.ts';
import { fillPlot, readPlot } from './plot.ts';
import type { PlotPlace } from './plot-place.ts';
import { bytesOf, factors, multiply, productDigest } from './product.ts';
import { LANE_SOURCE, type LaneInput, type LaneResult } from './worker.ts';

export interface ProverOptions {
  /** On the disk that is lent. */
  plots: PlotPlace;
  signal?: AbortSignal;
}

/** Answers a challenge of the region by doing what it asks. What can't be done is the answer `failed`, with the reason. */
export async function prove(challenge: Challenge, options: ProverOptions): Promise<Answer> {
  const { plots, signal } = options;
  try {
    switch (challenge.kind) {
      case 'cpu':
        return await proveCpu(challenge, signal);
      case 'product':
        return await proveProduct(challenge, signal);
      case 'reveal':
        return { kind: 'reveal', products: challenge.indices.map((index) => revealed(challenge, index)) };
      case 'plot':
        await fillPlot(await plots.create(), challenge.plot, { signal });
        return { kind: 'plot', units: challenge.plot.units };
      case 'disk':
        return { kind: 'disk', digests: await readPlot(plots.path, challenge.seed, challenge.plot, challenge.hops) };
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    return { kind: 'failed', why: toLogosError(thrown).message.slice(0, 1_000) };
  }
}

async function proveCpu(challenge: ChallengeOf<'cpu'>, signal?: AbortSignal): Promise<AnswerOf<'cpu'>> {
  const { seed, lanes, windowMs, roundsPerLink } = challenge;
  const module = linkModule();
  const all = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      runLane({ module, tableBytes: TABLE_BYTES, seed, lane, roundsPerLink, windowMs }, signal),
    ),
  );
  return {
    kind: 'cpu',
    lanes: all.map(({ checkpoints }) => Buffer.from(checkpoints).toString('base64')),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}

async function runLane(workerData: LaneInput, signal?: AbortSignal): Promise<LaneResult> {
  const worker = new Worker(LANE_SOURCE, { eval: true, workerData });
  try {
    return await new Promise<LaneResult>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`a proof's thread ended with ${code}`)));
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    await worker.terminate();
  }
}

async function proveProduct(
  { seed, size, windowMs }: ChallengeOf<'product'>,
  signal?: AbortSignal,
): Promise<AnswerOf<'product'>> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const digests: string[] = [];
  while (digests.length === 0 || performance.now() - began < windowMs) {
    const { left, right } = factors(seed, digests.length, size);
    digests.push(productDigest(multiply(left, right, size)));
    await turn();
    signal?.throwIfAborted();
  }
  const { user, system } = process.cpuUsage(before);
  return { kind: 'product', digests, cpuSeconds: (user + system) / 1e6 };
}

function revealed({ seed, size }: ChallengeOf<'reveal'>, index: number): string {
  const { left, right } = factors(seed, index, size);
  return bytesOf(multiply(left, right, size)).toString('base64');
}
