import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Libc } from './libc.ts';
import { listedNamespaces, mountsIn } from './unattended.ts';

/** One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). Paths have one character a byte. */
export interface Mount {
  readonly id: number;
  readonly parent: number;
  /** `major:minor`. */
  readonly device: string;
  /** The part of the filesystem that is shown. */
  readonly root: string;
  readonly at: string;
  readonly type: string;
  readonly source: string;
}

/** The mounts that a process sees; none when it is gone or hidden from us. */
export function readMounts(process: string): Mount[] {
  try {
    return parseMounts(readFileSync(`/proc/${process}/mountinfo`, 'latin1'));
  } catch {
    return [];
  }
}

export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [head, tail] = line.split(' - ', 2);
    const [id, parent, device, root, at] = head?.split(' ') ?? [];
    const [type, source] = tail?.split(' ') ?? [];
    if (id === undefined || parent === undefined || device === undefined || root === undefined) return [];
    if (at === undefined || type === undefined) return [];
    return [
      {
        id: Number(id),
        parent: Number(parent),
        device,
        root: plain(root),
        at: plain(at),
        type,
        source: plain(source ?? ''),
      },
    ];
  });
}

/** What another mount namespace shows. */
export interface ForeignView {
  readonly mounts: readonly Mount[];
  /** A process or thread in it, as a path below /proc; `undefined` when there is none. */
  process(): string | undefined;
}

/**
 * The mounts of every other namespace, by the kernel's list: it has also those that only a single thread is in, or that no
 * process is in but a bind mount or a descriptor keeps. Without that list (before Linux 6.12), by all processes and threads.
 */
export function foreignViews(libc: Libc): ForeignView[] {
  // Looks through all of /proc, so it is asked once, and only where a view needs it.
  let threads: Map<string, string> | undefined;
  const threadIn = (inode: number): string | undefined => {
    threads ??= threadsByNamespace();
    return threads.get(`mnt:[${inode}]`);
  };
  const fd = openSync('/proc/self/ns/mnt', 'r');
  try {
    const listed = listedNamespaces(libc, fd, (other) => fstatSync(other).ino);
    if (listed.length > 0) {
      return listed.map((namespace) => ({
        mounts: mountsIn(libc, namespace),
        process: () => threadIn(namespace.inode),
      }));
    }
  } finally {
    closeSync(fd);
  }
  return [...threadsByNamespace().values()].map((thread) => ({ mounts: readMounts(thread), process: () => thread }));
}

/** Which other namespaces there are and how many mounts each has, in some microseconds; constant where there is no list. */
export function namespacesStamp(libc: Libc): string {
  let fd = -1;
  try {
    fd = openSync('/proc/self/ns/mnt', 'r');
    return listedNamespaces(libc, fd, () => 0)
      .map(({ id, count }) => `${id} ${count}`)
      .join();
  } catch {
    return 'unreadable';
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** A thread in each mount namespace but our own, by the namespace's name. */
function threadsByNamespace(): Map<string, string> {
  const found = new Map<string, string>();
  const own = link('/proc/self/ns/mnt');
  for (const process of readdirSync('/proc')) {
    if (!/^\d+$/.test(process)) continue;
    for (const thread of threadsOf(process)) {
      const namespace = link(`/proc/${thread}/ns/mnt`);
      if (namespace !== undefined && namespace !== own && !found.has(namespace)) found.set(namespace, thread);
    }
  }
  return found;
}

function threadsOf(process: string): string[] {
  try {
    return readdirSync(`/proc/${process}/task`).map((thread) => `${process}/task/${thread}`);
  } catch {
    return [];
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The kernel writes space, tab, line end and backslash in octal. */
function plain(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : text;
}
