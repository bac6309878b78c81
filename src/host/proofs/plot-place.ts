import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileUndoers, recordFile } from '../../system/changes.ts';
import type { Journal } from '../../system/journal.ts';

const NAME = /^\.logos-proof-[0-9a-f]{32}$/;

/**
 * Where a machine keeps the plot that the region asked for, in the directory that is lent: one file, of a name that nobody else
 * has, so that no file of the owner's is written over or removed.
 */
export class PlotPlace {
  readonly #directory: string;
  readonly #journal: Journal | undefined;
  #path: string | undefined;

  /** With a journal, what a killed program leaves is found again. */
  constructor(directory: string, journal?: Journal) {
    this.#directory = resolve(directory);
    this.#journal = journal;
  }

  /** The plot that was created last. Throws when there is none. */
  get path(): string {
    if (this.#path === undefined) throw new Error('no plot was filled here');
    return this.#path;
  }

  /** An empty file for a plot, in the place of the one before. Throws what the file system does. */
  async create(): Promise<FileHandle> {
    await this.remove();
    const path = join(this.#directory, `.logos-proof-${randomBytes(16).toString('hex')}`);
    if (this.#journal) await recordFile(this.#journal, path);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    this.#path = path;
    return file;
  }

  /** Removes the plot, if there is one. */
  async remove(): Promise<void> {
    const path = this.#path;
    if (path === undefined) return;
    this.#path = undefined;
    // Of what the journal knows, the directory's times are put back too.
    await this.#journal?.undo(fileUndoers, ({ kind, target }) => kind === 'file' && target === path);
    await rm(path, { force: true });
  }
}

/** Removes the plots that killed programs of this instance left, wherever they are. Only while no other one proves. */
export async function removeLeftPlots(journal: Journal): Promise<void> {
  await journal.undo(fileUndoers, ({ kind, target }) => kind === 'file' && NAME.test(basename(target)));
}
