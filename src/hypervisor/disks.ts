import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { ExternalError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Change, Journal } from '../system/journal.ts';
import type { DvmDisk } from './definitions.ts';

export const DISK_CHANGE = 'dvm-disk';

export interface DisksOptions {
  /** Runs programs on the host whose disks these are. */
  exec: Exec;
  journal: Journal;
  /** Who must own a disk, where the daemon doesn't see to it: QEMU's user. */
  owner?: number;
}

/** The files that are the disks of a host's DVMs. */
export class Disks {
  readonly #options: DisksOptions;

  constructor(options: DisksOptions) {
    this.#options = options;
  }

  /** Makes the disks that are not there. Throws ExternalError as Exec does, such as for a full file system. */
  async make(disks: readonly DvmDisk[]): Promise<void> {
    for (const disk of disks) {
      if (await this.isThere(disk.file)) continue;
      // A shared disk is not this host's to take away.
      if (!disk.shared) await this.#record(disk.file);
      await this.#create(disk);
    }
  }

  async isThere(file: string): Promise<boolean> {
    return (await this.#options.exec('test', ['-f', file], { accept: [0, 1] })).exitCode === 0;
  }

  /** Removes disks of this host's own, and the record of them; with `shared`, those that it shares with others too. */
  async remove(disks: readonly Pick<DvmDisk, 'file' | 'shared'>[], options: { shared?: boolean } = {}): Promise<void> {
    const own = disks.filter(({ shared }) => options.shared || !shared).map(({ file }) => file);
    // And what a kill left of one that was being made.
    if (own.length > 0) await this.#options.exec('rm', ['-f', '--', ...own, ...own.map((file) => `${file}.new`)]);
    for (const change of await this.#records()) {
      if (own.includes(change.target)) await this.#options.journal.markUndone(change.id);
    }
  }

  /**
   * Removes what a crash left: disks of this host's own that no definition names. `named` is asked after the records were read, since
   * a definition is there before its disk. Gives their paths.
   */
  async sweep(named: () => Promise<ReadonlySet<string>>): Promise<string[]> {
    const made = (await this.#records()).map(({ target }) => target);
    const kept = await named();
    const left = made.filter((file) => !kept.has(file));
    await this.remove(left.map((file) => ({ file, shared: false })));
    return left;
  }

  /**
   * Whether the other host's path leads to the same storage: a file that is made here shows there. Two files of one name on
   * different storage would be two disks.
   */
  async sameStorage(other: Pick<Disks, 'isThere' | 'sameStorage'>, file: string): Promise<boolean> {
    const probe = `${dirname(file)}/.logos-${randomBytes(8).toString('hex')}`;
    await this.#options.exec('touch', ['--', probe]);
    try {
      return await other.isThere(probe);
    } finally {
      await this.#options.exec('rm', ['-f', '--', probe]);
    }
  }

  async #create({ file, format, sizeMiB }: DvmDisk): Promise<void> {
    const { exec, owner } = this.#options;
    const draft = `${file}.new`;
    await exec('mkdir', ['-p', '--', dirname(file)]);
    try {
      await exec('qemu-img', ['create', '-q', '-f', format, draft, `${sizeMiB}M`]);
      await exec('chmod', ['600', draft]);
      if (owner !== undefined) await exec('chown', [`${owner}:${owner}`, draft]);
      // Whole or not at all; a shared disk that came in between stays.
      await exec('mv', ['-n', '--', draft, file]);
    } finally {
      await exec('rm', ['-f', '--', draft]);
    }
    if (await this.isThere(file)) return;
    throw new ExternalError('dvm-disk-missing', `The disk ${file} could not be made.`, {
      nextSteps: ['See whether its file system has room (`df`).'],
    });
  }

  async #record(file: string): Promise<void> {
    if ((await this.#records()).some(({ target }) => target === file)) return;
    await this.#options.journal.record({ kind: DISK_CHANGE, target: file, before: null });
  }

  async #records(): Promise<Change[]> {
    return (await this.#options.journal.pending()).filter(({ kind }) => kind === DISK_CHANGE);
  }
}
