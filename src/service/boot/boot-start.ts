import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileJournalled } from '../../system/changes.ts';
import type { Exec } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import type { Journal, Undoers } from '../../system/journal.ts';
import { instanceName } from '../instance.ts';
import { cronEntry, initScript } from './scripts.ts';

/** How the services come back after a reboot; `none` with the reason where they do not. */
export interface BootStart {
  kind: 'systemd' | 'init-script' | 'cron' | 'none';
  /** One sentence for people. */
  detail: string;
}

export interface BootHost {
  home: Home;
  /** Stands for `/`. */
  root: string;
  exec: Exec;
  journal: Journal;
  uid?: number;
}

/** What this machine offers for a start at boot; decides nothing by itself but the order of preference. */
export async function findBootStart({
  home,
  root,
  uid = process.getuid?.() ?? 0,
}: Omit<BootHost, 'exec' | 'journal'>): Promise<BootStart> {
  const name = instanceName(home);
  if (uid !== 0)
    return { kind: 'none', detail: 'Only root can set up a start at boot; start it with `logos service start`.' };
  if ((await isThere(join(root, 'etc/init.d'))) && (await isThere(join(root, 'usr/sbin/update-rc.d')))) {
    const init = await processOne();
    const runs = init === 'init' || init === 'systemd';
    const doubt = runs
      ? ''
      : `, but process 1 of this machine (${init}) may not run init scripts: start it with \`logos service start\` then`;
    return { kind: 'init-script', detail: `/etc/init.d/${name} starts the services at boot${doubt}.` };
  }
  if ((await isThere(join(root, 'etc/cron.d'))) && (await isThere(join(root, 'usr/sbin/cron')))) {
    return { kind: 'cron', detail: `/etc/cron.d/${name} starts the services at boot.` };
  }
  return {
    kind: 'none',
    detail: 'Neither systemd, init scripts nor cron are here; after a reboot run `logos service start`.',
  };
}

/** Has the services started at boot, where that is possible. `command` is started by root and must end by itself. */
export async function registerBootStart(host: BootHost, command: readonly string[]): Promise<BootStart> {
  const boot = await findBootStart(host);
  const { home, root, journal, exec } = host;
  const name = instanceName(home);
  if (boot.kind === 'cron') {
    await writeFileJournalled(journal, join(root, 'etc/cron.d', name), cronEntry(home, command), 0o644);
  }
  if (boot.kind === 'init-script') {
    await writeFileJournalled(journal, join(root, 'etc/init.d', name), initScript(home, command), 0o755);
    if (!(await journal.find(KIND, name))) await journal.record({ kind: KIND, target: name, before: null });
    await exec('update-rc.d', [name, 'defaults'], { env: { DPKG_ROOT: root === '/' ? '' : root } });
  }
  return boot;
}

/** What was set up, rather than what could be. */
export async function registeredBootStart(host: Omit<BootHost, 'exec' | 'journal'>): Promise<BootStart> {
  const boot = await findBootStart(host);
  if (boot.kind === 'none') return boot;
  const directory = boot.kind === 'cron' ? 'etc/cron.d' : 'etc/init.d';
  if (await isThere(join(host.root, directory, instanceName(host.home)))) return boot;
  return { kind: 'none', detail: 'No start at boot is set up; after a reboot run `logos service start`.' };
}

const KIND = 'service-rc-links';

/** Undoes the links of init scripts; the scripts themselves are journalled files. */
export function bootUndoers(root: string, exec: Exec): Undoers {
  return {
    [KIND]: async (change) => {
      await exec('update-rc.d', ['-f', change.target, 'remove'], { env: { DPKG_ROOT: root === '/' ? '' : root } });
    },
  };
}

async function processOne(): Promise<string> {
  return (await readFile('/proc/1/comm', 'utf8')).trim();
}
