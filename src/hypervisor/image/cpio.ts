/** One entry of an archive. Devices are not needed: the kernel's devtmpfs makes them. */
export type CpioEntry =
  | { path: string; kind: 'directory'; mode: number }
  | { path: string; kind: 'file'; mode: number; content: Uint8Array }
  | { path: string; kind: 'link'; target: string };

const DIRECTORY = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

/**
 * A cpio archive in the "newc" format, which the kernel unpacks as its first root file system (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst). Owners and times are zero, so that the same entries always
 * give the same bytes.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const seen = new Set<string>();
  const parts = entries.map((entry, index) => {
    if (entry.path === '' || /^\/|^\.\.?(\/|$)|\/\.\.?(\/|$)|\0/.test(entry.path) || seen.has(entry.path)) {
      throw new RangeError(`"${entry.path}" can't be an entry of the archive`);
    }
    seen.add(entry.path);
    return record(entry.path, index + 1, ...bodyOf(entry));
  });
  return Buffer.concat([...parts, record('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function bodyOf(entry: CpioEntry): [mode: number, content: Uint8Array] {
  if (entry.kind === 'directory') return [DIRECTORY | entry.mode, Buffer.alloc(0)];
  if (entry.kind === 'link') return [LINK | 0o777, Buffer.from(entry.target)];
  return [FILE | entry.mode, entry.content];
}

function record(path: string, inode: number, mode: number, content: Uint8Array): Buffer {
  const name = Buffer.from(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, size, device and rdevice major and minor, length of the name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
