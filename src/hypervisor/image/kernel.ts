import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExternalError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { DEVICE_MODULES, GUEST_MODULES } from './init.ts';

const META_PACKAGE = 'linux-image-cloud-amd64';
/** No other user than root needs to read the directory it downloads to; and it need not be online for ever. */
const APT = ['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=30'];

export interface GuestKernel {
  version: string;
  image: Buffer;
  modules: { path: string; content: Buffer }[];
  deviceModules: { path: string; content: Buffer }[];
}

/**
 * Debian's stock kernel for virtual machines: downloaded by apt, which checks its signature, and unpacked in `directory`, which
 * is the caller's to remove; not installed. Throws ExternalError `guest-kernel-unavailable`.
 */
export async function fetchKernel(exec: Exec, directory: string, signal?: AbortSignal): Promise<GuestKernel> {
  try {
    const name = await kernelPackage(exec);
    await exec('apt-get', [...APT, 'download', name], { cwd: directory, timeout: 300_000, signal });
    const archive = (await readdir(directory)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get gave no package ${name}`);
    const tree = join(directory, 'tree');
    await exec('dpkg-deb', ['-x', join(directory, archive), tree], { signal });
    return await readKernel(tree);
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ExternalError('guest-kernel-unavailable', `Debian's kernel for guests can't be had: ${why}`, {
      cause,
      nextSteps: ['Check the network and `apt-get update`, then run the command again.'],
    });
  }
}

/** The package behind the meta package: `linux-image-6.1.0-56-cloud-amd64`, whatever is current. */
async function kernelPackage(exec: Exec): Promise<string> {
  const { stdout } = await exec('apt-cache', ['depends', '--important', META_PACKAGE], { accept: [0, 100] });
  const name = kernelDependency(stdout);
  if (name !== undefined) return name;
  // A fresh machine has no package lists yet.
  await exec('apt-get', [...APT, 'update', '-q'], { timeout: 300_000 });
  const again = kernelDependency((await exec('apt-cache', ['depends', '--important', META_PACKAGE])).stdout);
  if (again === undefined) throw new Error(`apt knows no ${META_PACKAGE}`);
  return again;
}

export function kernelDependency(text: string): string | undefined {
  return /^\s*Depends: (linux-image-\d[\w.+-]*-cloud-amd64)$/m.exec(text)?.[1];
}

async function readKernel(tree: string): Promise<GuestKernel> {
  const file = (await readdir(join(tree, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (file === undefined) throw new Error('the package holds no kernel');
  const version = file.slice('vmlinuz-'.length);
  const read = (paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => ({ path, content: await readModule(tree, version, path) })));
  const image = await readFile(join(tree, 'boot', file));
  return { version, image, modules: await read(GUEST_MODULES), deviceModules: await read(DEVICE_MODULES) };
}

async function readModule(tree: string, version: string, path: string): Promise<Buffer> {
  // Debian 13 moved modules below /usr.
  for (const root of ['lib/modules', 'usr/lib/modules']) {
    const directory = join(tree, root, version, 'kernel');
    try {
      return await readFile(join(directory, path));
    } catch {
      // not there
    }
  }
  throw new Error(`the package holds no module ${path}`);
}
