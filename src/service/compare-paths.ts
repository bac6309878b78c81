import { comparePaths, type Effort, type PathComparison, takeInventory, USUAL_EFFORT } from '../host/index.ts';
import { prepareGuestImage, withTemporaryLibvirtd } from '../hypervisor/index.ts';
import { UserError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { ownCommand } from '../system/process.ts';
import type { Progress } from '../system/progress.ts';
import { prepareHome } from './home-directory.ts';
import { isServing } from './refuse-serving.ts';

export interface ComparePathsOptions {
  readonly home: Home;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly exec?: Exec;
  readonly effort?: Effort;
}

/**
 * Measures every path of this host with a libvirtd of its own, and leaves nothing. Throws UserError `service-running`, because guests
 * would disturb the measurement, and it them.
 */
export async function compareHostPaths(options: ComparePathsOptions): Promise<PathComparison> {
  const { home, progress, signal, exec = localExec, effort = USUAL_EFFORT } = options;
  const inventory = await takeInventory();
  const onProgress = (message: string): void => progress({ event: 'note', phase: 'path', message });
  const common = { inventory, effort, command: ownCommand(), onProgress, signal };
  const lacking = whatGuestsLack();
  if (lacking) return comparePaths({ ...common, guests: { lacking } });
  if (await isServing(home)) {
    throw new UserError(
      'service-running',
      'This host lends: its guests and the measurement would disturb each other.',
      {
        nextSteps: ['End guests and services with `logos provide --stop`, then run this command again.'],
      },
    );
  }
  const journal = new Journal(home.journal);
  await prepareHome(home, journal);
  try {
    const image = await prepareGuestImage(home, exec, progress, { signal });
    return await withTemporaryLibvirtd(
      home,
      journal,
      (daemon) => comparePaths({ ...common, guests: { daemon, image, journal } }),
      signal,
    );
  } catch (error) {
    if (!(error instanceof UserError) || !MISSING.has(error.code)) throw error;
    return comparePaths({ ...common, guests: { lacking: error.message } });
  }
}

/** What a host can be without, and still lend its GPU. */
const MISSING = new Set(['libvirt-missing', 'busybox-missing']);

function whatGuestsLack(): string | undefined {
  if (process.platform !== 'linux') return `guests on ${process.platform} have not been run with this version`;
  if (process.getuid?.() !== 0) return 'only root may start guests; run it with sudo';
  return undefined;
}
