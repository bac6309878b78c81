import { createHash } from 'node:crypto';
import { access, chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { localExec } from '../src/system/exec.ts';

/** What a lab machine's root directory is made of. */
export interface RootRecipe {
  /** Name of Debian's release. */
  suite: string;
  packages: readonly string[];
  /** Units that never start in it. */
  masked: readonly string[];
  /** Leaves documentation and translations out. */
  lean?: boolean;
}

/** Where the lab keeps what is slow to make, outside the clone. */
export function buildCache(): string {
  return process.env.LOGOS_BUILD_CACHE ?? join(homedir(), '.cache/logos-build');
}

/** A directory of the cache under a name that says what it was made from; the same for the same `made`. */
export function cachedPath(name: string, made: unknown): string {
  const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
  return join(buildCache(), `${name}-${key}`);
}

/** A directory of the cache, made by `fill` when it is not there; whole or not there at all. */
export async function cached(path: string, fill: (building: string) => Promise<void>): Promise<string> {
  if (await isThere(path)) return path;
  await mkdir(buildCache(), { recursive: true });
  const building = await mkdtemp(`${path}-building-`);
  try {
    await chmod(building, 0o755);
    await fill(building);
    await rename(building, path);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
  return path;
}

/** Makes a Debian in a directory; nothing in it starts meanwhile. Needs root. */
export async function makeDebianRoot(recipe: RootRecipe, directory: string, timeoutMs: number): Promise<void> {
  const leaveOut = ['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const args = [
    '--variant=minbase',
    '--mode=root',
    `--include=${recipe.packages.join(',')}`,
    ...(recipe.lean ? leaveOut : []),
    '--format=directory',
    recipe.suite,
    directory,
  ];
  await localExec('mmdebstrap', args, { timeout: timeoutMs });
  for (const unit of recipe.masked) {
    const path = join(directory, 'etc/systemd/system', unit);
    await rm(path, { force: true });
    await localExec('ln', ['-s', '/dev/null', path]);
  }
  await writeFile(join(directory, 'etc/machine-id'), '');
}

/** Copies what Debian's kernel package put into a root's /boot: `vmlinuz` and `initrd`, without their versions. */
export async function takeKernel(root: string, into: string): Promise<void> {
  for (const [prefix, name] of [
    ['vmlinuz-', 'vmlinuz'],
    ['initrd.img-', 'initrd'],
  ] as const) {
    const found = (await readdir(join(root, 'boot'))).find((file) => file.startsWith(prefix));
    if (!found) throw new Error(`Debian's kernel package brought no ${prefix}*`);
    await copyFile(join(root, 'boot', found), join(into, name));
  }
}

/** Makes a disk image of a root; `size` as mke2fs(8) takes it. */
export async function makeDisk(root: string, image: string, size: string): Promise<void> {
  const args = ['-q', '-t', 'ext4', '-O', '^has_journal', '-d', root, image, size];
  await localExec('mke2fs', args, { timeout: 300_000 });
}

/** Whether there is something at a path. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
