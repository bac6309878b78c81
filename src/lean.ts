import { LONGEST_WATCH, runGuardCheck, runGuardWatch, type Telling } from './commands/guard-runs.ts';
import { rendererFor } from './commands/render.ts';
import { endWhenUnread } from './commands/unread.ts';
import { untilStopped } from './commands/until-stopped.ts';
import { reportOf, toLogosError } from './system/errors.ts';
import type { Detail } from './system/progress.ts';

/**
 * `logos guard check|watch FILE --json` without the command framework and all else that the program is: the same output and
 * exit codes. Gives false, and has done nothing, for arguments that it leaves to the framework.
 */
export async function lean(argv: readonly string[]): Promise<boolean> {
  const run = plan(argv);
  if (run === undefined) return false;
  endWhenUnread();
  const renderer = rendererFor({ json: true });
  await untilStopped(async (abort) => {
    try {
      const fields = await run({ abort, say: () => {}, progress: (event) => renderer.progress(event) });
      renderer.result({ event: 'result', ok: true, ...fields });
    } catch (thrown) {
      const error = toLogosError(thrown);
      renderer.result({ event: 'result', ok: false, error: reportOf(error) });
      process.exitCode = error.exitCode;
    }
  });
  return true;
}

/** The process in which kernels run (src/gpu/worker/main.ts): each job that goes wrong costs one. */
export async function gpuWorker(): Promise<void> {
  const { workerMain } = await import('./gpu/worker/main.ts');
  await workerMain();
}

function plan(argv: readonly string[]): ((telling: Telling) => Promise<Detail>) | undefined {
  const [, command, ...rest] = argv.filter((argument) => argument !== '--json');
  const [file, flag, seconds, ...more] = rest;
  if (file === undefined || file.startsWith('-') || more.length > 0) return undefined;
  if (flag === undefined)
    return (telling) => (command === 'check' ? runGuardCheck(file, telling) : runGuardWatch(file, undefined, telling));
  if (command !== 'watch' || flag !== '--for' || !/^[1-9]\d{0,8}$/.test(seconds ?? '')) return undefined;
  if (Number(seconds) > LONGEST_WATCH) return undefined;
  return (telling) => runGuardWatch(file, Number(seconds), telling);
}
