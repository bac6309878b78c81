import { EVENT, type EventSink, type EventSource, NAME_EVENTS, OBJECT_EVENTS, READS_AT_ONCE } from './event-source.ts';
import { type Libc, zeroEnded } from './libc.ts';

const IN_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const IN_DONT_FOLLOW = 0x0200_0000;
const HEAD = 16;

/** inotify(7): for everybody, on every filesystem, with a limit on watches. A watch is on an inode, by whatever name it is changed. */
export function openInotify(libc: Libc): EventSource | undefined {
  const fd = libc.inotifyInit(IN_NONBLOCK_CLOEXEC);
  return fd < 0 ? undefined : new Inotify(libc, fd);
}

class Inotify implements EventSource {
  readonly kind = 'inotify';
  readonly #buffer = Buffer.alloc(1 << 16);
  /** By watch descriptor. */
  #entries = new Int32Array(1024).fill(-1);

  constructor(
    readonly libc: Libc,
    readonly fd: number,
  ) {}

  mark(directory: number, name: string, entry: number, isDirectory: boolean): number {
    const path = zeroEnded(`/proc/self/fd/${directory}/${name}`);
    const mask = (isDirectory ? OBJECT_EVENTS | NAME_EVENTS : OBJECT_EVENTS) | IN_DONT_FOLLOW;
    const watch = this.libc.inotifyAddWatch(this.fd, path, mask);
    if (watch < 0) return -this.libc.errno();
    if (watch >= this.#entries.length) {
      const larger = new Int32Array(Math.max(watch + 1, this.#entries.length * 2)).fill(-1);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    // Another name of the same inode has the same watch: the first stays, the others are found by the inode's number.
    if (this.#entries[watch] === -1) this.#entries[watch] = entry;
    return 0;
  }

  drain(sink: EventSink): void {
    for (let reads = 0; reads < READS_AT_ONCE; reads += 1) {
      const length = Number(this.libc.read(this.fd, this.#buffer, this.#buffer.length));
      if (length <= 0) return;
      for (let at = 0; at + HEAD <= length; at += HEAD + this.#buffer.readUInt32LE(at + 12)) this.#event(at, sink);
    }
  }

  #event(at: number, sink: EventSink): void {
    const watch = this.#buffer.readInt32LE(at);
    const mask = this.#buffer.readUInt32LE(at + 4);
    const entry = this.#entries[watch] ?? -1;
    if (mask & EVENT.overflow) sink.overflow();
    if (entry < 0) return;
    const size = this.#buffer.readUInt32LE(at + 12);
    const end = size === 0 ? at + HEAD : this.#buffer.indexOf(0, at + HEAD);
    const name = this.#buffer.toString('latin1', at + HEAD, end);
    if (name === '') sink.object(entry, mask);
    else sink.name(entry, name, mask);
  }
}
