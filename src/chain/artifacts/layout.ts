import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../system/files.ts';
import { type KernelLock, kernelLock } from '../../system/kernel-lock.ts';

/**
 * What lies where in a store. Whole artefacts are named by their SHA-256 and their chunk manifests `<SHA-256>.chunks`, so
 * that any web server that shows the folder is a mirror. All else is in folders that begin with a dot.
 */
export class Layout {
  readonly root: string;
  /** Downloads under way, `<SHA-256>.<random>`, each locked by who writes it. */
  readonly partial: string;
  /** One empty file for each artefact that must stay. */
  readonly pins: string;
  /** `<SHA-256>.<random>`, locked for as long as somebody uses the artefact. */
  readonly leases: string;
  readonly #lock: string;

  constructor(root: string) {
    this.root = root;
    this.partial = join(root, '.partial');
    this.pins = join(root, '.pins');
    this.leases = join(root, '.leases');
    this.#lock = join(root, '.lock');
  }

  artifact(digest: string): string {
    return join(this.root, digest);
  }

  manifest(digest: string): string {
    return join(this.root, `${digest}.chunks`);
  }

  /** Held for the moment in which space is given away or files are removed. */
  lock(): Promise<KernelLock> {
    return kernelLock(this.#lock, LOCK_MS);
  }
}

const LOCK_MS = 30_000;
const DIGEST = /^[0-9a-f]{64}$/;

/** Whether this is a SHA-256 as artefacts are named by it; nothing else may become part of a path. */
export function isDigest(name: string): boolean {
  return DIGEST.test(name);
}

/** The artefact whose chunk manifest has this name; `undefined` when it is not the name of one. */
export function manifestOwner(name: string): string | undefined {
  const owner = name.endsWith('.chunks') ? name.slice(0, -'.chunks'.length) : '';
  return isDigest(owner) ? owner : undefined;
}

export interface FoundFile {
  name: string;
  path: string;
  /** Bytes. */
  size: number;
  /** Bytes that the file takes on the disk; less than `size` where it has holes. */
  occupied: number;
  /** Milliseconds since 1970. */
  modified: number;
}

/** The plain files of a folder; none when there is no folder. A file that vanishes meanwhile is left out. */
export async function filesIn(directory: string): Promise<FoundFile[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const found: FoundFile[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() !== true) continue;
    found.push({ name, path, size: info.size, occupied: info.blocks * 512, modified: info.mtimeMs });
  }
  return found;
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
