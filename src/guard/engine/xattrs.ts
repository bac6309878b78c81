import type { Libc } from './libc.ts';
import { zeroEnded } from './libc.ts';

const LARGEST = 1 << 16;

/** Reads extended attributes: all that are listed, which includes security.* and the POSIX access control lists. */
export class Xattrs {
  readonly #names = Buffer.alloc(LARGEST);
  readonly #value = Buffer.alloc(LARGEST);

  constructor(readonly libc: Libc) {}

  /** `name=value` in hexadecimal, a line each, sorted; empty where there are none or the filesystem knows none. */
  of(fd: number): string {
    const { libc } = this;
    return this.#read(Number(libc.flistxattr(fd, this.#names, LARGEST)), (name) =>
      Number(libc.fgetxattr(fd, name, this.#value, LARGEST)),
    );
  }

  /** Of what must not or can't be opened, without following a link. */
  at(directory: number, name: string): string {
    const { libc } = this;
    const path = zeroEnded(directory < 0 ? name : `/proc/self/fd/${directory}/${name}`);
    return this.#read(Number(libc.llistxattr(path, this.#names, LARGEST)), (attribute) =>
      Number(libc.lgetxattr(path, attribute, this.#value, LARGEST)),
    );
  }

  #read(length: number, value: (name: Buffer) => number): string {
    if (length <= 0) return '';
    const lines: string[] = [];
    for (let at = 0; at < length; ) {
      const end = this.#names.indexOf(0, at);
      const name = this.#names.toString('latin1', at, end);
      const size = value(zeroEnded(name));
      lines.push(`${name}=${size < 0 ? '?' : this.#value.toString('hex', 0, size)}`);
      at = end + 1;
    }
    return lines.sort().join('\n');
  }
}
