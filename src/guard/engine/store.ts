import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { endianness } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ZodError } from 'zod';
import { ExitCode, UserError } from '../../system/errors.ts';
import { syncDirectory } from '../../system/files.ts';
import { Baseline } from './baseline.ts';
import { headerSchema } from './header.ts';
import { LANE, LANES, NO_PARENT } from './record.ts';

const MAX_HEADER = 16 << 20;
/** Hexadecimal SHA-256 of all before it, and a line end. */
const TRAILER = 65;

/**
 * Throws UserError `baseline-unwritable` for a path where there is something else than a file, and for one below a root: a
 * baseline can't hold itself, and would be found there as added.
 */
export function refuseTarget(path: string, roots: readonly string[] = []): void {
  const place = realPlace(path);
  for (const root of roots.map(realPlace)) {
    if (place !== root && !place.startsWith(root.endsWith('/') ? root : `${root}/`)) continue;
    throw new UserError('baseline-unwritable', `${path} is inside ${root}, which is to be guarded.`, {
      exitCode: ExitCode.usage,
      nextSteps: ['Write it elsewhere, best where this machine can not change it.'],
    });
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  throw new UserError('baseline-unwritable', `${path} is no file and would be replaced by the baseline.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Name a file, or a path where there is nothing.'],
  });
}

/** Where its name is, links on the way followed; the name itself may be of nothing yet. */
function realPlace(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    try {
      return join(realpathSync(dirname(whole)), basename(whole));
    } catch {
      return whole;
    }
  }
}

/** Writes the file in the place of what was there, mode 0600, and gives its digest. Throws UserError `baseline-unwritable`. */
export async function saveBaseline(baseline: Baseline, path: string): Promise<string> {
  refuseTarget(path);
  const temporary = `${path}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  const file = create(temporary, path);
  try {
    for (const part of [Buffer.from(`${JSON.stringify(baseline.header)}\n`), rowBytes(baseline.rows), baseline.bytes]) {
      hash.update(part);
      for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
    }
    const digest = hash.digest('hex');
    writeSync(file, `${digest}\n`);
    fsyncSync(file);
    renameSync(temporary, path);
    await syncDirectory(dirname(path));
    return digest;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function create(temporary: string, path: string): number {
  try {
    return openSync(temporary, 'wx', 0o600);
  } catch (cause) {
    throw new UserError('baseline-unwritable', `${path} can't be written: ${(cause as Error).message}`, {
      cause,
      exitCode: ExitCode.usage,
      nextSteps: ['Name a file in a directory that is there and that you may write to.'],
    });
  }
}

/** Reads and checks a baseline. Throws UserError `file-unreadable`, `baseline-damaged`. */
export function loadBaseline(path: string): Baseline {
  const file = openFile(path);
  try {
    return read(file, resolve(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall !== undefined) throw unreadable(path, (cause as Error).message, cause);
    throw new UserError('baseline-damaged', `${path} is no whole baseline: ${reasonOf(cause)}`, {
      cause,
      nextSteps: ['Take a new one with `logos guard baseline`, once you know that the files are as they should be.'],
    });
  } finally {
    closeSync(file);
  }
}

/** A pipe would be waited for. */
function openFile(path: string): number {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw unreadable(path, 'it is no file');
}

function unreadable(path: string, why: string, cause?: unknown): UserError {
  return new UserError('file-unreadable', `${path} can't be read: ${why}`, {
    cause,
    nextSteps: ['Name a file that `logos guard baseline` wrote.'],
  });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ZodError) return `its header is wrong at ${cause.issues[0]?.path.join('.')}`;
  return cause instanceof SyntaxError ? 'it has no header' : (cause as Error).message;
}

function read(file: number, path: string): Baseline {
  const status = fstatSync(file, { bigint: true });
  const line = headerLine(file);
  const header = headerSchema.parse(JSON.parse(line.toString('utf8')));
  if (header.byteOrder !== endianness())
    throw new Error(`it was written on a machine of byte order ${header.byteOrder}`);
  const length = line.length + 1 + header.entries * LANES * 4 + header.bytes + TRAILER;
  // Before as much memory is taken as it says.
  if (status.size !== BigInt(length)) throw new Error(`it has ${status.size} bytes and not ${length}`);
  const rows = new Int32Array(header.entries * LANES);
  const bytes = Buffer.allocUnsafeSlow(header.bytes);
  const trailer = Buffer.alloc(TRAILER + 1);
  let at = line.length + 1;
  at += readAll(file, rowBytes(rows), at);
  at += readAll(file, bytes, at);
  const rest = readSync(file, trailer, 0, trailer.length, at);
  const digest = createHash('sha256').update(line).update('\n').update(rowBytes(rows)).update(bytes).digest('hex');
  if (rest !== TRAILER || trailer.toString('latin1', 0, rest) !== `${digest}\n`)
    throw new Error('its digest does not fit');
  const baseline = new Baseline(header, rows, bytes, { path, digest, stamp: stampOf(status) });
  checkRows(baseline);
  return baseline;
}

function headerLine(file: number): Buffer {
  for (let size = 1 << 16; ; size *= 4) {
    const head = Buffer.alloc(size);
    const length = readSync(file, head, 0, size, 0);
    const end = head.subarray(0, length).indexOf(0x0a);
    if (end >= 0) return head.subarray(0, end);
    if (length < size || size > MAX_HEADER) throw new Error('it has no header');
  }
}

function readAll(file: number, into: Buffer, from: number): number {
  for (let at = 0; at < into.length; ) {
    const length = readSync(file, into, at, into.length - at, from + at);
    if (length === 0) throw new Error('it ends early');
    at += length;
  }
  return into.length;
}

/** Whoever can write the file can also seal it: rows must not lead outside. */
function checkRows(baseline: Baseline): void {
  const { count, bytes } = baseline;
  const inside = (entry: number, lane: number): boolean => {
    const [at, length] = [baseline.lane(entry, lane), baseline.lane(entry, lane + 1)];
    return at >= 0 && length >= 0 && at + length <= bytes.length;
  };
  for (let entry = 0; entry < count; entry += 1) {
    const [parent, end] = [baseline.lane(entry, LANE.parent), baseline.lane(entry, LANE.end)];
    const nested = parent === NO_PARENT || (parent >= 0 && parent < entry && end <= baseline.lane(parent, LANE.end));
    const placed = [LANE.nameAt, LANE.xattrsAt, LANE.targetAt].every((lane) => inside(entry, lane));
    if (!nested || end <= entry || end > count || !placed) throw new Error(`its row ${entry} is impossible`);
  }
}

function rowBytes(rows: Int32Array): Buffer {
  return Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
}

/** What changes when a file is written or replaced. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
