import { rendererFor } from './commands/render.ts';
import { untilStopped } from './commands/until-stopped.ts';
import { runNgd } from './service/ngd.ts';
import { toLogosError } from './system/errors.ts';
import { homeFrom } from './system/home.ts';

/**
 * `logos internal ngd` without the command framework and all else that the program is: NGd stays for as long as its machine
 * runs, and what it does not need is not there to be taken over either.
 */
export async function guardDaemon(): Promise<void> {
  await untilStopped(async ({ signal }) => {
    try {
      await runNgd(homeFrom(), signal);
    } catch (thrown) {
      const error = toLogosError(thrown);
      rendererFor({ json: false }).failure(error, false);
      process.exitCode = error.exitCode;
    }
  });
}
