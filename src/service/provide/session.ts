import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import type { Journal } from '../../system/journal.ts';
import type { Progress } from '../../system/progress.ts';
import type { Config } from '../config.ts';
import type { ServiceManager } from '../index.ts';

/** What the steps of `logos provide` share. */
export interface Session {
  home: Home;
  journal: Journal;
  exec: Exec;
  config: Config;
  manager: ServiceManager;
  progress: Progress;
  signal: AbortSignal;
  /** What our services inherit, so that they find the same instance. */
  environment: Readonly<Record<string, string>>;
}

export function serviceEnvironment(home: Home, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = ['PATH', 'LOGOS_CACHE', 'LOGOS_ENTRY', 'LANG'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LOGOS_HOME: home.root };
}
