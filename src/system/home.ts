import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where one instance of this program keeps everything it owns: state, journal, keys, sockets, logs.
 * `LOGOS_HOME` chooses it, so that several instances can live side by side.
 */
export interface Home {
  readonly root: string;
  readonly state: string;
  readonly journal: string;
  readonly keys: string;
  readonly run: string;
  readonly logs: string;
  readonly artifacts: string;
  /** Downloads and unpacked kernels; `LOGOS_CACHE` may put them elsewhere, to be shared between instances. */
  readonly cache: string;
  readonly chain: string;
  readonly gatekeeper: string;
  /** What the integrity daemon keeps for itself: its own view of the chain, its key. */
  readonly guard: string;
  readonly libvirt: string;
  readonly config: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SYSTEM_ROOT = '/var/lib/logos';

/**
 * The instance to look at: a user without one of their own sees the machine's, whose status anyone may read.
 */
export function viewedHomeFrom(
  env: Environment = process.env,
  uid: number = process.getuid?.() ?? 0,
  systemRoot: string = SYSTEM_ROOT,
): Home {
  const own = homeFrom(env, uid);
  if (env.LOGOS_HOME || uid === 0 || existsSync(own.root)) return own;
  return existsSync(join(systemRoot, 'run/status.sock')) ? homeFrom({ ...env, LOGOS_HOME: systemRoot }, uid) : own;
}

/** Default home: the system's for root, the user's XDG state directory otherwise (XDG Base Directory spec). */
function defaultRoot(env: Environment, uid: number): string {
  if (uid === 0) return SYSTEM_ROOT;
  return join(env.XDG_STATE_HOME ?? join(env.HOME ?? '/tmp', '.local/state'), 'logos');
}

export function homeFrom(env: Environment = process.env, uid: number = process.getuid?.() ?? 0): Home {
  const root = env.LOGOS_HOME || defaultRoot(env, uid);
  return {
    root,
    state: join(root, 'state'),
    journal: join(root, 'journal.jsonl'),
    keys: join(root, 'keys'),
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    artifacts: join(root, 'artifacts'),
    cache: env.LOGOS_CACHE || join(root, 'cache'),
    chain: join(root, 'chain'),
    gatekeeper: join(root, 'gatekeeper'),
    guard: join(root, 'guard'),
    libvirt: join(root, 'libvirt'),
    config: join(root, 'config.json'),
  };
}
