import type { Home } from '../../system/home.ts';

const KEPT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LOGOS_CACHE', 'LOGOS_ENTRY'] as const;

/** What the supervisor and its services take over from the environment; the rest of it, such as a terminal's, stays out. */
export function serviceEnvironment(home: Home, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = KEPT.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LOGOS_HOME: home.root };
}
