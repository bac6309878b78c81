import { z } from 'zod';
import type { Benchmark, ClassVerdict, OwnerLimits, PathVerdict } from '../../host/index.ts';
import type { Home } from '../../system/home.ts';
import { loadTopic, PROVIDE_TOPIC, type ProvideOutcome, saveTopic } from '../state.ts';
import type { StatusScore } from '../status-document.ts';

interface Findings {
  verdict: ClassVerdict;
  benchmark: Benchmark;
  found: PathVerdict;
  limits: OwnerLimits;
  account: string;
}

/** What `logos status` shows of a run, also while nothing runs. */
export function outcomeOf({ verdict, benchmark, found, limits, account }: Findings): ProvideOutcome {
  const share = ({ cpuCores, memoryMiB }: { cpuCores: number; memoryMiB: number }) => ({
    cpuCores,
    memoryMiB,
    cpuUsed: null,
    memoryUsedMiB: null,
  });
  return {
    class: verdict.class ?? null,
    scores: scoresOf(benchmark),
    path: found.path ?? null,
    pathReason: found.reason,
    account,
    lent: share(limits),
    kept: share(limits.kept),
  };
}

function scoresOf(benchmark: Benchmark): StatusScore[] {
  return Object.entries(benchmark).flatMap(([name, figure]) =>
    typeof figure === 'object' && figure !== null && 'score' in figure
      ? [{ name, value: Number(figure.score), unit: String(figure.unit), share: Number(figure.share ?? 0) || null }]
      : [],
  );
}

export async function saveOutcome(home: Home, outcome: ProvideOutcome): Promise<void> {
  await saveTopic(home, PROVIDE_TOPIC, outcome);
}

/** The class of the last run: noise must not change it. */
export async function previousClass(home: Home): Promise<string | undefined> {
  const outcome = await loadTopic(home, PROVIDE_TOPIC, z.object({ class: z.string().nullish() }));
  return outcome?.class ?? undefined;
}
