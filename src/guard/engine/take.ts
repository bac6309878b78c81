import { realpathSync } from 'node:fs';
import { endianness } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import { UserError } from '../../system/errors.ts';
import { type Baseline, BaselineBuilder } from './baseline.ts';
import { device } from './compare.ts';
import { ContentReader } from './content.ts';
import { Tree } from './directory.ts';
import { E, type Libc, libc, O } from './libc.ts';
import { foreignCovers, mountsOf } from './mount-state.ts';
import { readMounts } from './mounts.ts';
import { fromText, shown } from './names.ts';
import { FLAG, fromStatx, LANE, LANES, NO_PARENT, STATX, TYPE, TYPE_MASK, wide } from './record.ts';
import type { BaselineOptions } from './types.ts';
import { split } from './verifier.ts';
import { Xattrs } from './xattrs.ts';

/** Filesystems that show the kernel's state and hold no files: they change all the time. */
const PSEUDO = new Set(
  'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs'.split(
    ' ',
  ),
);

const [EINTR, EIO, ENOMEM, ENFILE, EMFILE] = [4, 5, 12, 23, 24];
/** Errors of the machine, not of what is looked at. */
const FAILURES = new Set([EINTR, EIO, ENOMEM, ENFILE, EMFILE]);

/**
 * Takes down how these directories (or files) are now, with all below them. Symbolic links in the given paths are resolved once.
 * Throws UserError `file-unreadable` for one that is not there and where the machine fails to read what is below, and the signal's reason when it is aborted.
 */
export async function takeBaseline(paths: readonly string[], options: BaselineOptions = {}): Promise<Baseline> {
  const roots = rootsOf(paths);
  const taker = new Taker(await libc());
  try {
    for (const root of roots) {
      for (const _ of taker.root(root)) {
        options.signal?.throwIfAborted();
        await setImmediate();
      }
    }
    return taker.finish(roots);
  } finally {
    taker.close();
  }
}

/** Absolute, without links, sorted, none inside another. */
function rootsOf(paths: readonly string[]): string[] {
  const real = [...new Set(paths.map((path) => fromText(resolved(path))))].sort();
  return real.filter(
    (path) => !real.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
  );
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): UserError {
  return new UserError('file-unreadable', `${path} can't be read: ${why}`, {
    cause,
    nextSteps: ['Name directories that exist and that you may read.'],
  });
}

function failed(path: string, errno: number): UserError {
  return new UserError('file-unreadable', `${path} can't be read: ${getSystemErrorName(-errno)}`, {
    nextSteps: [
      'Mend that first (EMFILE: `ulimit -n` is too low; EIO: the disk): a baseline without it would miss changes.',
    ],
  });
}

class Taker {
  readonly #tree: Tree;
  readonly #xattrs: Xattrs;
  readonly #reader: ContentReader;
  readonly #builder = new BaselineBuilder();
  readonly #filesystems = new Map<string, number>();
  readonly #mounts = readMounts('self');
  #content = 0;
  #failed: UserError | undefined;

  constructor(readonly libc: Libc) {
    this.#tree = new Tree(libc);
    this.#xattrs = new Xattrs(libc);
    this.#reader = new ContentReader(libc, ({ tag, length, sha256 }) => {
      if (length < 0) this.#unreadable(tag, -length);
      else Buffer.from(this.#builder.rows.buffer).set(sha256, (tag * LANES + LANE.sha256) * 4);
      this.#content += Math.max(length, 0);
    });
  }

  *root(path: string): Generator<void> {
    const [directory, name] = split(path);
    const fd = this.#tree.openRoot(directory, O.path | O.directory);
    if (fd < 0) throw unreadable(shown(path), `error ${-fd}`);
    try {
      yield* this.#entry(fd, name, NO_PARENT, path);
      this.#reader.flush();
      if (this.#failed !== undefined) throw this.#failed;
    } finally {
      this.#tree.close(fd);
    }
  }

  finish(roots: readonly string[]): Baseline {
    const { count } = this.#builder;
    const at = (id: string) => this.#mounts.find((mount) => mount.device === id);
    const filesystems = [...this.#filesystems.keys()].map((id) => ({
      at: shown(at(id)?.at ?? ''),
      type: at(id)?.type ?? 'unknown',
    }));
    const header = { format: 'logos-guard-baseline/1', byteOrder: endianness(), entries: count } as const;
    return this.#builder.finish({
      ...header,
      created: new Date().toISOString(),
      bytes: this.#builder.used,
      content: this.#content,
      filesystems,
      mounts: mountsOf(this.#mounts, roots),
      foreignMounts: foreignCovers(this.libc, this.#mounts, roots),
    });
  }

  close(): void {
    this.#reader.close();
  }

  *#entry(directory: number, name: string, parent: number, kept = name): Generator<void> {
    const { stat } = this.#tree;
    // It went away since its directory was read: then it is not part of the baseline.
    const missing = -this.#tree.statAt(directory, name);
    if (FAILURES.has(missing)) throw failed(shown(kept), missing);
    if (missing > 0) return;
    const entry = this.#builder.add();
    fromStatx(this.#builder.rows, entry * LANES, stat);
    this.#builder.set(entry, LANE.parent, parent);
    this.#builder.set(entry, LANE.end, entry + 1);
    this.#builder.keep(entry, LANE.nameAt, kept);
    this.#builder.set(entry, LANE.filesystem, this.#filesystem(device(stat, STATX.device)));
    const type = (stat[STATX.mode] ?? 0) & TYPE_MASK;
    if (type === TYPE.directory) {
      yield* this.#directory(directory, name, parent, entry);
      this.#builder.set(entry, LANE.end, this.#builder.count);
    } else if (type === TYPE.file) {
      this.#file(directory, name, entry);
      const large = this.#reader.takeLarge();
      if (large !== undefined) yield* large;
    } else {
      this.#builder.keep(entry, LANE.targetAt, this.#tree.linkAt(directory, name) ?? '');
      this.#builder.keep(entry, LANE.xattrsAt, this.#xattrs.at(directory, name), true);
    }
    if (this.#failed !== undefined) throw this.#failed;
    if (entry % 64 === 0) yield;
  }

  *#directory(parent: number, name: string, above: number, entry: number): Generator<void> {
    const { rows } = this.#builder;
    const filesystem = rows[entry * LANES + LANE.filesystem];
    const crossed = above === NO_PARENT || rows[above * LANES + LANE.filesystem] !== filesystem;
    if (crossed && PSEUDO.has(this.#typeOf(device(this.#tree.stat, STATX.device)))) {
      this.#builder.set(entry, LANE.flags, FLAG.notEntered);
      return;
    }
    const fd = this.#open(parent, name, O.directory);
    const names = fd < 0 ? fd : this.#tree.names(fd);
    if (typeof names === 'number') {
      this.#tree.close(fd);
      this.#unreadable(entry, -names);
      return;
    }
    try {
      this.#builder.keep(entry, LANE.xattrsAt, this.#xattrs.of(fd), true);
      for (const child of names) yield* this.#entry(fd, child.name, entry);
    } finally {
      this.#tree.close(fd);
    }
  }

  /** The reader keeps files open until it reads them together: where there are no more descriptors, it reads them now. */
  #open(directory: number, name: string, flags: number): number {
    const fd = this.#tree.openAt(directory, name, flags);
    if (fd !== -EMFILE && fd !== -ENFILE) return fd;
    this.#reader.flush();
    return this.#tree.openAt(directory, name, flags);
  }

  /** Content that this user may not read is known by its attributes only; content that we failed to read must not be. */
  #unreadable(entry: number, errno: number): void {
    this.#builder.set(entry, LANE.flags, FLAG.unreadable);
    if (FAILURES.has(errno)) this.#failed ??= failed(shown(this.#builder.text(entry, LANE.nameAt)), errno);
  }

  #file(directory: number, name: string, entry: number): void {
    let direct = true;
    let fd = this.#open(directory, name, O.direct);
    if (fd === -E.inval) {
      direct = false;
      fd = this.#open(directory, name, 0);
    }
    const xattrs = fd < 0 ? this.#xattrs.at(directory, name) : this.#xattrs.of(fd);
    this.#builder.keep(entry, LANE.xattrsAt, xattrs, true);
    if (fd < 0) this.#unreadable(entry, -fd);
    else this.#reader.add({ tag: entry, fd, size: wide(this.#builder.rows, entry * LANES + LANE.size), direct });
  }

  #filesystem(id: string): number {
    const known = this.#filesystems.get(id);
    if (known !== undefined) return known;
    this.#filesystems.set(id, this.#filesystems.size);
    return this.#filesystems.size - 1;
  }

  #typeOf(id: string): string {
    return this.#mounts.find((mount) => mount.device === id)?.type ?? '';
  }
}
