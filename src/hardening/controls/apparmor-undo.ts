import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exec } from '../../system/exec.ts';
import type { Undoers } from '../../system/journal.ts';
import type { KernelFiles } from '../kernel-files.ts';
import { HOST_PATHS } from '../paths.ts';
import { readLoaded } from './apparmor-look.ts';

/** Profiles of an instance that are in the kernel; the target is how their names begin. */
export const PROFILES = 'apparmor-profiles';
/** Profiles of running domains, which include our rules; undone last, when the files are as they were. */
export const DOMAINS = 'apparmor-domains';
const CACHE = '/var/cache/apparmor';

/** How what the parser did is undone. Both do nothing where nothing is left to do. */
export function apparmorUndoers(exec: Exec, files: KernelFiles): Undoers {
  return {
    [PROFILES]: async ({ target }) => {
      const isOurs = (name: string): boolean => name.startsWith(target);
      const remove = join(HOST_PATHS.securityFs, 'apparmor/.remove');
      for (const name of Object.keys(await readLoaded(files, HOST_PATHS)).filter(isOurs))
        await files.write(remove, name);
      // What a boot compiled in between.
      for (const directory of await files.directories(CACHE))
        for (const name of (await files.names(directory)).filter(isOurs))
          await rm(join(directory, name), { force: true });
    },
    [DOMAINS]: async () => {
      const domains = domainFiles(Object.keys(await readLoaded(files, HOST_PATHS)), HOST_PATHS.etc);
      if (domains.length > 0) await exec('apparmor_parser', ['--replace', '--skip-cache', ...domains]);
    },
  };
}

/** libvirt's files for the domains that run, by the profiles that are loaded. */
export function domainFiles(loaded: readonly string[], etc: string): string[] {
  const domains = loaded.filter((name) => /^libvirt-[0-9a-f-]{36}$/.test(name));
  return domains.sort().map((name) => join(etc, 'apparmor.d/libvirt', name));
}
