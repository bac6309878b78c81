import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';

export type Severity = 'ok' | 'warning' | 'error';

/** What would put a finding right. */
export interface Fix {
  description: string;
  /** Debian packages to install. */
  packages?: readonly string[];
  /** Device file that a group should be able to open. */
  device?: { path: string; group: string };
}

/** One thing that was looked at. */
export interface Check {
  name: string;
  /** `error`: providing can't work; `warning`: it works with less. */
  severity: Severity;
  message: string;
  /** What the owner can do, where no fix of ours can. */
  hint?: string;
  fix?: Fix;
}

/** What the checks look at. */
export interface CheckContext {
  home: Home;
  exec: Exec;
  uid: number;
  /** Where /etc, /proc, /sys, /dev and /run are looked for; another directory in tests. */
  root: string;
  signal?: AbortSignal;
}

export type RunCheck = (context: CheckContext) => Promise<Check>;
