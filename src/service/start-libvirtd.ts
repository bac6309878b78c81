import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import type { Progress } from '../system/progress.ts';
import { readConfig } from './config.ts';
import { prepareHome } from './home-directory.ts';
import { openServiceManager } from './open-manager.ts';
import { ensureLibvirtd } from './provide/libvirtd.ts';
import { serviceEnvironment } from './provide/session.ts';

/** Starts the libvirtd that `logos provide` would start, and nothing else; `logos provide --stop` and `logos reset` end it. */
export async function startHostLibvirtd(options: {
  home: Home;
  exec: Exec;
  progress: Progress;
  signal: AbortSignal;
}): Promise<void> {
  const { home } = options;
  const journal = new Journal(home.journal);
  await prepareHome(home, journal);
  const [manager, config] = await Promise.all([openServiceManager(home), readConfig(home)]);
  await ensureLibvirtd({ ...options, journal, manager, config, environment: serviceEnvironment(home) });
}
