import { Header } from 'tar/header';
import { DocumentFault, printable, shown } from './fault.ts';
import { refusing } from './refusal.ts';

export interface ArchivedFile {
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly executable: boolean;
  readonly bytes: Uint8Array;
}

export interface ArchiveLimits {
  /** Of the archive, and so of all files together: it is not compressed. */
  bytes: number;
  files: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { bytes: 256 * 1024 * 1024, files: 20_000 };

const BLOCK = 512;
const MAGIC = 'ustar\0' + '00';
const OCTAL = /^ *[0-7]+[ \0]*$/;
const SPECIAL_MODE = 0o7000;
const EXECUTABLE_MODE = 0o100;
/** Without leading hyphens, which programs take for options; `.` and `..` are looked for by themselves. */
const PART = /^[A-Za-z0-9_.@][A-Za-z0-9_.@+-]{0,99}$/;
const MAX_PARTS = 16;

/**
 * Reads the packed directory of a deployment: a POSIX ustar archive, not compressed, of plain files and directories.
 * Links, devices, extended headers, paths that lead out, two entries of one name (in any case of letters), and bytes
 * after its end are refused. Writes nothing. Throws UserError `document-…` (see checkDocument).
 */
export function readArchive(bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}): ArchivedFile[] {
  return refusing('archive', () =>
    readEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { ...ARCHIVE_LIMITS, ...limits }),
  );
}

function readEntries(archive: Buffer, limits: ArchiveLimits): ArchivedFile[] {
  if (archive.length > limits.bytes) {
    throw new DocumentFault('too-large', `it has ${archive.length} bytes, and ${limits.bytes} are allowed`);
  }
  if (archive.length % BLOCK !== 0) throw new DocumentFault('malformed', 'it is no whole number of tar blocks');
  const files: ArchivedFile[] = [];
  const names = new Names();
  let at = 0;
  for (let entries = 0; ; entries += 1) {
    if (entries > limits.files) throw new DocumentFault('too-large', `it has more than ${limits.files} entries`);
    if (at + BLOCK > archive.length) throw new DocumentFault('malformed', 'its end is missing');
    const block = archive.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) break;
    const { path, size, isDirectory, executable } = readHeader(block);
    names.add(path, isDirectory);
    at += BLOCK;
    if (at + size > archive.length) throw new DocumentFault('malformed', 'its content is cut off', shown(path));
    if (!isDirectory) files.push({ path, executable, bytes: archive.subarray(at, at + size) });
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  if (archive.length - at < 2 * BLOCK || archive.subarray(at).some((byte) => byte !== 0)) {
    throw new DocumentFault('malformed', 'something follows its end, or the end is not whole');
  }
  return files;
}

interface Entry {
  path: string;
  size: number;
  isDirectory: boolean;
  executable: boolean;
}

function readHeader(block: Buffer): Entry {
  const field = (start: number, length: number): string => block.toString('latin1', start, start + length);
  const name = shown(field(0, 100).split('\0')[0] ?? '');
  if (field(257, 8) !== MAGIC) {
    throw new DocumentFault('malformed', 'it is no POSIX ustar archive: pack it with --format=ustar', name);
  }
  const [mode, size] = [octal(field(100, 8)), octal(field(124, 12))];
  if (mode === undefined || size === undefined || octal(field(148, 8)) === undefined) {
    throw new DocumentFault('malformed', 'a number in its header is not octal', name);
  }
  const type = field(156, 1);
  if (type !== '0' && type !== '5') {
    const what = `an entry of the type ${shown(type)} (a link, device or extended header)`;
    throw new DocumentFault('forbidden', `${what} is not allowed`, name);
  }
  const isDirectory = type === '5';
  if (isDirectory && size !== 0) throw new DocumentFault('malformed', 'a directory has content', name);
  if ((mode & SPECIAL_MODE) !== 0)
    throw new DocumentFault('forbidden', 'its mode has setuid, setgid or sticky bits', name);
  const { path = '', cksumValid } = decoded(block, name);
  if (!cksumValid) throw new DocumentFault('malformed', 'its header has a wrong checksum', name);
  return { path: checkedPath(path, isDirectory), size, isDirectory, executable: (mode & EXECUTABLE_MODE) !== 0 };
}

function decoded(block: Buffer, name: string): Header {
  try {
    return new Header(block, 0);
  } catch (error) {
    throw new DocumentFault('malformed', printable((error as Error).message), name);
  }
}

/** Other forms of a number are read differently by different programs. */
function octal(field: string): number | undefined {
  return OCTAL.test(field) ? Number.parseInt(field, 8) : undefined;
}

/** Without the `./` that archives of `.` have; empty for that directory itself. */
function checkedPath(path: string, isDirectory: boolean): string {
  const bare = path.replace(/^\.\//, '');
  const trimmed = isDirectory ? bare.replace(/\/$/, '') : bare;
  if (trimmed === '' && isDirectory && path !== '') return '';
  const parts = trimmed.split('/');
  if (parts.length > MAX_PARTS)
    throw new DocumentFault('too-large', `it lies deeper than ${MAX_PARTS} directories`, shown(path));
  for (const part of parts) {
    if (!PART.test(part) || part === '.' || part === '..') {
      throw new DocumentFault('forbidden', 'this path is not allowed', shown(path));
    }
  }
  return trimmed;
}

/** Paths that are taken. Letters of either case are the same, as some file systems have it. */
class Names {
  readonly #files = new Set<string>();
  readonly #directories = new Set<string>();

  add(path: string, isDirectory: boolean): void {
    const name = path.toLowerCase();
    const parents = name
      .split('/')
      .slice(0, -1)
      .map((_, index, all) => all.slice(0, index + 1).join('/'));
    const isTaken = isDirectory ? this.#files.has(name) : this.#files.has(name) || this.#directories.has(name);
    if (isTaken || parents.some((parent) => this.#files.has(parent))) {
      throw new DocumentFault('malformed', 'it has two entries for one path', shown(path));
    }
    for (const parent of parents) this.#directories.add(parent);
    (isDirectory ? this.#directories : this.#files).add(name);
  }
}

/**
 * Packs files as readArchive reads them: sorted by path, without owners and times, so that the same files give the same
 * bytes. Throws UserError `document-…` for files that readArchive would refuse.
 */
export function packArchive(files: readonly ArchivedFile[]): Uint8Array {
  const blocks = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, executable, bytes }) => {
      const header = new Header({
        path,
        mode: executable ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        size: bytes.length,
        mtime: new Date(0),
        type: 'File',
      });
      // Of a longer path the format holds a part only.
      if (header.encode())
        refusing('archive', () => {
          throw new DocumentFault('too-large', 'its path is too long', shown(path));
        });
      return [header.block ?? Buffer.alloc(0), bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
    });
  const archive = Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)]);
  readArchive(archive);
  return archive;
}
