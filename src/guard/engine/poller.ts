import { closeSync, openSync } from 'node:fs';
import type { Libc } from './libc.ts';

const POLLIN = 1;
/** /proc/self/mountinfo has no other sign that it changed (proc_pid_mountinfo(5)). */
const POLLPRI = 2;
const POLLFD = 8;
const EFD_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const CLOCK_REALTIME = 0;
const TFD_ABSTIME_CANCEL_ON_SET = 3;

/** Waits on many descriptors in one thread of the pool, and calls who is ready. */
export class Poller {
  readonly #waits: { fd: number; events: number; ready: () => void }[] = [];
  readonly #wake: number;
  #stopped = false;

  constructor(readonly libc: Libc) {
    this.#wake = libc.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    this.add(this.#wake, () => {});
  }

  add(fd: number, ready: () => void, events = POLLIN): void {
    this.#waits.push({ fd, events, ready });
  }

  /** Calls when something was mounted or unmounted in our namespace. */
  addMounts(changed: () => void): void {
    this.add(openSync('/proc/self/mountinfo', 'r'), changed, POLLPRI);
  }

  /** Calls when the clock was set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). */
  addClock(set: () => void): boolean {
    const fd = this.libc.timerfdCreate(CLOCK_REALTIME, EFD_NONBLOCK_CLOEXEC);
    if (fd < 0) return false;
    const far = Buffer.alloc(32);
    far.writeBigInt64LE(0x7fff_ffffn, 16);
    const arm = () => this.libc.timerfdSettime(fd, TFD_ABSTIME_CANCEL_ON_SET, far, null);
    arm();
    this.add(fd, () => {
      this.libc.read(fd, Buffer.alloc(8), 8);
      arm();
      set();
    });
    return true;
  }

  /** Until `stop`. */
  async run(): Promise<void> {
    const fds = Buffer.alloc(POLLFD * this.#waits.length);
    for (const [index, { fd, events }] of this.#waits.entries()) {
      fds.writeInt32LE(fd, index * POLLFD);
      fds.writeInt16LE(events, index * POLLFD + 4);
    }
    // The process can't end while a thread waits here.
    const end = () => this.stop();
    process.once('exit', end);
    while (!this.#stopped) {
      await this.libc.poll(fds, this.#waits.length, -1);
      if (this.#stopped) break;
      for (const [index, { ready }] of this.#waits.entries()) if (fds.readInt16LE(index * POLLFD + 6) !== 0) ready();
    }
    process.off('exit', end);
    for (const { fd } of this.#waits) closeSync(fd);
  }

  stop(): void {
    this.#stopped = true;
    const one = Buffer.alloc(8);
    one.writeBigUInt64LE(1n);
    this.libc.write(this.#wake, one, 8);
  }
}
