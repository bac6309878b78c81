import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isErrno, readIfPresent, writeFileAtomic } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import type { Progress } from '../../system/progress.ts';
import { imageDirectory } from '../plan.ts';
import { APPLETS, DEVICE_MODULES, GUEST_MODULES, INIT_SCRIPT, POWER_SCRIPT } from './init.ts';
import { buildInitramfs, isStatic } from './initramfs.ts';
import { fetchKernel } from './kernel.ts';
import { measuringPrograms } from './measuring-programs.ts';

/** What a guest boots from. The paths are the host's; `Libvirt.guestPath` gives the guest's. */
export interface GuestImage {
  kernel: string;
  initramfs: string;
  kernelVersion: string;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.object({
  kernelVersion: z.string().regex(/^[\w.+-]+$/),
  /** Of the programs and scripts that go into the initramfs: another one means another image. */
  recipe: sha256,
  directory: z.string().regex(/^image-[0-9a-f]{16}$/),
  kernel: sha256,
  initramfs: sha256,
});
type Manifest = z.infer<typeof manifestSchema>;

export interface PrepareOptions {
  /** Default /usr/bin/busybox and /bin/busybox, of the package busybox-static. */
  busybox?: readonly string[];
  signal?: AbortSignal;
}

/**
 * Debian's cloud kernel and an initramfs of ours, made once and used again while their hashes are right. Instances that share
 * a cache may call it at the same time: images are put in place whole, by a rename. Throws UserError `busybox-missing`, ExternalError
 * `guest-kernel-unavailable`.
 */
export async function prepareGuestImage(
  home: Home,
  exec: Exec,
  progress?: Progress,
  options: PrepareOptions = {},
): Promise<GuestImage> {
  const root = imageDirectory(home);
  const busybox = await readBusybox(options.busybox ?? ['/usr/bin/busybox', '/bin/busybox']);
  const recipe = digest(
    busybox,
    ...Object.values(measuringPrograms()),
    ...[INIT_SCRIPT, POWER_SCRIPT, ...APPLETS, ...GUEST_MODULES, ...DEVICE_MODULES].map((t) => Buffer.from(t)),
  );
  const present = await intactImage(root, recipe);
  if (present) return present;

  progress?.({ event: 'note', message: "Getting Debian's kernel for guests" });
  await mkdir(root, { recursive: true, mode: 0o755 });
  // QEMU's user has to pass, whatever umask made the directory.
  await chmod(root, 0o755);
  const work = await mkdtemp(join(root, '.work-'));
  try {
    const kernel = await fetchKernel(exec, work, options.signal);
    const initramfs = await buildInitramfs({ busybox, ...kernel });
    const manifest: Manifest = {
      kernelVersion: kernel.version,
      recipe,
      directory: `image-${digest(kernel.image, initramfs).slice(0, 16)}`,
      kernel: digest(kernel.image),
      initramfs: digest(initramfs),
    };
    await publish(root, work, manifest, { kernel: kernel.image, initramfs });
    return imageOf(root, manifest);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function imageOf(root: string, manifest: Manifest): GuestImage {
  const directory = join(root, manifest.directory);
  return {
    kernel: join(directory, 'vmlinuz'),
    initramfs: join(directory, 'initramfs.cpio.gz'),
    kernelVersion: manifest.kernelVersion,
  };
}

/** The image that is there, if it is of this recipe and nothing in it has changed. */
async function intactImage(root: string, recipe: string): Promise<GuestImage | undefined> {
  const manifest = await readManifest(root);
  if (manifest?.recipe !== recipe) return undefined;
  const image = imageOf(root, manifest);
  const kernel = await digestOf(image.kernel);
  const initramfs = await digestOf(image.initramfs);
  return kernel === manifest.kernel && initramfs === manifest.initramfs ? image : undefined;
}

/** A manifest that can't be read is as good as none: everything it says can be made anew. */
async function readManifest(root: string): Promise<Manifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse((await readIfPresent(join(root, 'manifest.json'))) ?? 'null'));
  } catch {
    return undefined;
  }
}

/** Puts a finished image into place. Its directory is named after its content, so an equal one that came first serves as well. */
async function publish(
  root: string,
  work: string,
  manifest: Manifest,
  files: { kernel: Uint8Array; initramfs: Uint8Array },
): Promise<void> {
  const draft = join(work, 'image');
  const made = imageOf(work, { ...manifest, directory: 'image' });
  await mkdir(draft, { mode: 0o755 });
  await chmod(draft, 0o755);
  await writeFileAtomic(made.kernel, files.kernel, 0o644);
  await writeFileAtomic(made.initramfs, files.initramfs, 0o644);
  const place = join(root, manifest.directory);
  for (;;) {
    try {
      await rename(draft, place);
      break;
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
    }
    const image = imageOf(root, manifest);
    const intact =
      (await digestOf(image.kernel)) === manifest.kernel && (await digestOf(image.initramfs)) === manifest.initramfs;
    if (intact) break;
    // Moved aside first: a guest that is starting from it keeps what it has open.
    await rename(place, join(work, 'damaged')).catch(() => {});
    await rm(join(work, 'damaged'), { recursive: true, force: true });
  }
  await writeFileAtomic(join(root, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, 0o644);
}

async function readBusybox(places: readonly string[]): Promise<Buffer> {
  for (const place of places) {
    try {
      const program = await readFile(place);
      if (isStatic(program)) return program;
    } catch {
      // not there; perhaps in the next place
    }
  }
  throw new UserError('busybox-missing', 'A statically linked busybox, from which guests are made, is not installed.', {
    nextSteps: ['Run `logos doctor --fix`, or `apt-get install busybox-static`.'],
  });
}

function digest(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

async function digestOf(path: string): Promise<string | undefined> {
  try {
    return digest(await readFile(path));
  } catch {
    return undefined;
  }
}
