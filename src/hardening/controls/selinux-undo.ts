import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exec } from '../../system/exec.ts';
import { LaterEdit, type Undoers } from '../../system/journal.ts';
import type { KernelFiles } from '../kernel-files.ts';

/** A module in the policy store and the kernel; the target is its name. */
export const MODULE = 'selinux-module';
/** The store's count of changes; undone after the module is gone, which the store counts too. */
export const COMMITS = 'selinux-commits';
/** A boolean of the loaded policy; before: `on` or `off`. */
export const BOOLEAN = 'selinux-boolean';
/** The context of a directory; before: the context it had. */
export const LABEL = 'selinux-label';
/** The store is compiled anew with each change, which takes seconds on a fast machine and a minute on a slow one. */
export const STORE_TIMEOUT_MS = 900_000;
/** Where administrators' modules are; the distribution's are at 100. */
export const PRIORITY = '--priority=400';

/** How changes of SELinux's policy are undone. Each does nothing where nothing is left to do. */
export function selinuxUndoers(exec: Exec, files: KernelFiles): Undoers {
  return {
    [MODULE]: async ({ target }) => {
      const stores = await files.directories('/var/lib/selinux');
      // A semodule whose logos was killed lives on, and commits after us: its end is waited for.
      for (const store of stores.filter((path) => !path.endsWith('/final'))) {
        const lock = join(store, 'semanage.trans.LOCK');
        if ((await files.read(lock)) === undefined) continue;
        await exec('flock', ['--exclusive', lock, 'true'], { timeout: STORE_TIMEOUT_MS });
      }
      const found = await Promise.all(
        stores.map((store) => files.isDirectory(`${store}/active/modules/400/${target}`)),
      );
      if (found.includes(true)) await exec('semodule', [PRIORITY, `--remove=${target}`], { timeout: STORE_TIMEOUT_MS });
    },
    [COMMITS]: async ({ target, before }) => {
      // Written in place, so that mode and label stay.
      if ((await files.read(target)) !== undefined) await writeFile(target, Buffer.from(before as string, 'base64'));
    },
    [BOOLEAN]: async ({ target, before }) => {
      // A boot without SELinux, or a policy that has no such boolean any more: nothing of ours is left.
      if ((await files.read(join('/sys/fs/selinux/booleans', target))) === undefined) return;
      await exec('setsebool', [target, before as string]);
    },
    [LABEL]: async ({ target, before, made = [] }, how) => {
      if (!(await files.isDirectory(target))) return;
      const now = (await exec('stat', ['--format=%C', target])).stdout.trim();
      if (now === before || now === '?') return;
      if (made.length > 0 && !how?.overwrite && !made.includes(now.split(':')[2] ?? ''))
        throw new LaterEdit(`${target} was labelled ${now} since`);
      await exec('chcon', ['--no-dereference', before as string, target]);
    },
  };
}
