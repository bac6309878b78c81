import type { EngineDeviation, Ready } from '../guard/engine/index.ts';
import { ExitCode } from '../system/errors.ts';
import type { Detail, Progress } from '../system/progress.ts';

/** Who waits for a word of the watch knows after a few of these that it was stopped. */
const ALIVE_MS = 500;

/** Seconds; a longer timer would end at once. */
export const LONGEST_WATCH = 2_147_483;

/** Where a run says what it sees: events for scripts, lines for people. */
export interface Telling {
  readonly progress: Progress;
  readonly say: (text: string) => void;
  readonly abort: AbortController;
}

/** `logos guard check`: gives the fields of its result. */
export async function runGuardCheck(file: string, telling: Telling): Promise<Detail> {
  const { checkBaseline, dropProgramPages, loadBaseline } = await import('../guard/engine/index.ts');
  const onDeviation = await tellDeviations(telling);
  await dropProgramPages();
  const verdict = await checkBaseline(loadBaseline(file), { onDeviation, signal: telling.abort.signal });
  if (!verdict.clean) process.exitCode = ExitCode.failed;
  telling.say(`${verdict.deviations} deviations, ${verdict.files} entries, ${verdict.bytes} bytes, ${verdict.ms} ms`);
  return { ...verdict };
}

/** `logos guard watch`, for so many seconds or until it is aborted. */
export async function runGuardWatch(file: string, seconds: number | undefined, telling: Telling): Promise<Detail> {
  const { dropProgramPages, loadBaseline, watchBaseline } = await import('../guard/engine/index.ts');
  const { progress, say, abort } = telling;
  const end = seconds === undefined ? undefined : setTimeout(() => abort.abort(), seconds * 1_000);
  const alive = (): void => progress({ event: 'alive', time: new Date().toISOString() });
  let beat: NodeJS.Timeout | undefined;
  const onReady = ({ sensors, missing, ...found }: Ready): void => {
    progress({ event: 'ready', ...found, sensors, missing });
    say(`watching ${found.files} entries by ${sensors.join(', ')}`);
    for (const { sensor, reason } of missing) say(`  ${sensor}: ${reason}`);
    alive();
    beat = setInterval(alive, ALIVE_MS);
  };
  try {
    const onDeviation = await tellDeviations(telling);
    await dropProgramPages();
    const verdict = await watchBaseline(loadBaseline(file), { signal: abort.signal, onDeviation, onReady });
    if (!verdict.clean) process.exitCode = ExitCode.failed;
    say(`${verdict.deviations} deviations, ${verdict.files} entries`);
    return { ...verdict };
  } finally {
    clearInterval(beat);
    clearTimeout(end);
  }
}

async function tellDeviations({ progress, say }: Telling): Promise<(deviation: EngineDeviation) => void> {
  const { lineOf } = await import('../guard/engine/index.ts');
  return (deviation) => {
    // Now, because a reader who goes away ends this without a last word.
    process.exitCode = ExitCode.failed;
    progress({ event: 'deviation', ...deviation });
    say(lineOf(deviation));
  };
}
