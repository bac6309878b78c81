import { EVENT, type EventSink, type EventSource, NAME_EVENTS, OBJECT_EVENTS, READS_AT_ONCE } from './event-source.ts';
import { HandleIndex } from './handle-index.ts';
import { type Libc, zeroEnded } from './libc.ts';

const FAN_CLOEXEC_NONBLOCK = 0x3;
const FAN_UNLIMITED_MARKS = 0x20;
const FAN_REPORT_DFID_NAME = 0xc00;
const FAN_REPORT_FID = 0x200;
const FAN_REPORT_TARGET_FID = 0x1000;
const FAN_MARK_ADD_DONT_FOLLOW = 0x5;
const FAN_EVENT_ON_CHILD = 0x0800_0000;
const FAN_ONDIR = 0x4000_0000;
const INFO_FID = 1;
const INFO_DFID_NAME = 2;
const MAX_HANDLE = 128;
const METADATA = 24;

/**
 * fanotify(7) with marks on inodes, FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME: it tells of a change by whatever name, mount or
 * mount namespace it was made. Objects come as file handles, which were asked for when they were marked.
 * `undefined` where the kernel or a container's filter refuses it; without root there is a limit on marks.
 */
export function openFanotify(libc: Libc, entries: number): EventSource | undefined {
  const report = FAN_REPORT_DFID_NAME | FAN_REPORT_FID | FAN_REPORT_TARGET_FID;
  for (const flags of [
    FAN_UNLIMITED_MARKS | report,
    FAN_UNLIMITED_MARKS | FAN_REPORT_DFID_NAME | FAN_REPORT_FID,
    report,
  ]) {
    const fd = libc.fanotifyInit(FAN_CLOEXEC_NONBLOCK | flags, 0);
    if (fd >= 0) return new Fanotify(libc, fd, entries);
  }
  return undefined;
}

class Fanotify implements EventSource {
  readonly kind = 'fanotify';
  readonly #handle = Buffer.alloc(8 + MAX_HANDLE);
  readonly #mount = Buffer.alloc(4);
  readonly #buffer = Buffer.alloc(1 << 16);
  readonly #statfs = Buffer.alloc(256);
  readonly #fsids = new Map<number, Buffer>();
  readonly #index: HandleIndex;

  constructor(
    readonly libc: Libc,
    readonly fd: number,
    entries: number,
  ) {
    this.#index = new HandleIndex(entries);
  }

  mark(directory: number, name: string, entry: number, isDirectory: boolean, filesystem: number): number {
    const path = zeroEnded(name);
    this.#handle.writeUInt32LE(MAX_HANDLE, 0);
    if (this.libc.nameToHandleAt(directory, path, this.#handle, this.#mount, 0) < 0) return -this.libc.errno();
    const mask = isDirectory ? OBJECT_EVENTS | NAME_EVENTS | FAN_EVENT_ON_CHILD | FAN_ONDIR : OBJECT_EVENTS;
    if (this.libc.fanotifyMark(this.fd, FAN_MARK_ADD_DONT_FOLLOW, mask, directory, path) < 0) return -this.libc.errno();
    const length = this.#handle.readUInt32LE(0);
    const fsid = this.#fsid(directory, isDirectory ? name : '.', filesystem);
    this.#index.set(fsid, this.#handle, 0, 8 + length, entry);
    return 0;
  }

  drain(sink: EventSink): void {
    for (let reads = 0; reads < READS_AT_ONCE; reads += 1) {
      const length = Number(this.libc.read(this.fd, this.#buffer, this.#buffer.length));
      if (length <= 0) return;
      for (let at = 0; at + METADATA <= length; at += this.#buffer.readUInt32LE(at)) this.#event(at, sink);
    }
  }

  #event(at: number, sink: EventSink): void {
    const end = at + this.#buffer.readUInt32LE(at);
    const mask = Number(this.#buffer.readBigUInt64LE(at + 8));
    if (mask & EVENT.overflow) sink.overflow();
    for (let info = at + this.#buffer.readUInt16LE(at + 6); info + 20 <= end; ) {
      const type = this.#buffer[info];
      const length = this.#buffer.readUInt16LE(info + 2);
      const handle = 8 + this.#buffer.readUInt32LE(info + 12);
      const entry = this.#index.get(this.#buffer.subarray(info + 4, info + 12), this.#buffer, info + 12, handle);
      if (entry !== undefined && type === INFO_FID) sink.object(entry, mask);
      if (entry !== undefined && type === INFO_DFID_NAME)
        this.#name(info + 12 + handle, info + length, entry, mask, sink);
      info += length;
    }
  }

  #name(from: number, to: number, directory: number, mask: number, sink: EventSink): void {
    const zero = this.#buffer.indexOf(0, from);
    const name = this.#buffer.toString('latin1', from, Math.min(zero < 0 ? to : zero, to));
    // `.` is the directory itself.
    if (name === '' || name === '.') sink.object(directory, mask);
    else sink.name(directory, name, mask);
  }

  /** As events name the filesystem (statfs(2), f_fsid): of the directory itself, which may be where another one is mounted. */
  #fsid(parent: number, name: string, filesystem: number): Buffer {
    let fsid = this.#fsids.get(filesystem);
    if (fsid === undefined) {
      this.libc.statfs(zeroEnded(`/proc/self/fd/${parent}/${name}`), this.#statfs);
      fsid = Buffer.from(this.#statfs.subarray(56, 64));
      this.#fsids.set(filesystem, fsid);
    }
    return fsid;
  }
}
