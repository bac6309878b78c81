/**
 * One entry of a baseline is a row of 32-bit lanes. What statx(2) gives in 64 bits takes two lanes, in the same order, so
 * that a row and a result are compared without making a number of them.
 */
export const LANES = 36;
export const LANE = {
  parent: 0,
  /** One past the last entry below this one. */
  end: 1,
  nameAt: 2,
  nameLength: 3,
  mode: 4,
  uid: 5,
  gid: 6,
  links: 7,
  rdev: 8,
  filesystem: 10,
  inode: 11,
  size: 13,
  mtime: 15,
  ctime: 18,
  xattrsAt: 21,
  xattrsLength: 22,
  targetAt: 23,
  targetLength: 24,
  flags: 25,
  sha256: 26,
  /** 26 to 33; two are left over. */
} as const;
/** Of a root: it has no parent. */
export const NO_PARENT = -1;
export const FLAG = { unreadable: 1, notEntered: 2 } as const;

/** Lanes of struct statx (include/uapi/linux/stat.h). */
export const STATX = {
  links: 4,
  uid: 5,
  gid: 6,
  mode: 7,
  inode: 8,
  size: 10,
  ctime: 24,
  mtime: 28,
  rdev: 32,
  device: 34,
} as const;
export const STATX_SIZE = 256;
/** STATX_BASIC_STATS. */
export const STATX_MASK = 0x7ff;

export const TYPE_MASK = 0o170000;
export const TYPE = {
  directory: 0o040000,
  file: 0o100000,
  link: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  character: 0o020000,
  block: 0o060000,
} as const;

export function typeName(mode: number): string {
  const type = mode & TYPE_MASK;
  const found = Object.entries(TYPE).find(([, value]) => value === type);
  return found === undefined ? 'unknown' : found[0];
}

/** Writes what statx found into a row. */
export function fromStatx(row: Int32Array, at: number, stat: Int32Array): void {
  row[at + LANE.mode] = (stat[STATX.mode] ?? 0) & 0xffff;
  copy(row, at + LANE.uid, stat, STATX.uid, 1);
  copy(row, at + LANE.gid, stat, STATX.gid, 1);
  copy(row, at + LANE.links, stat, STATX.links, 1);
  copy(row, at + LANE.rdev, stat, STATX.rdev, 2);
  copy(row, at + LANE.inode, stat, STATX.inode, 2);
  copy(row, at + LANE.size, stat, STATX.size, 2);
  copy(row, at + LANE.mtime, stat, STATX.mtime, 3);
  copy(row, at + LANE.ctime, stat, STATX.ctime, 3);
}

export function same(row: Int32Array, at: number, other: Int32Array, from: number, count: number): boolean {
  for (let lane = 0; lane < count; lane += 1) if (row[at + lane] !== other[from + lane]) return false;
  return true;
}

/** A number of 64 bits that is below 2^53. */
export function wide(row: Int32Array, at: number): number {
  return ((row[at] ?? 0) >>> 0) + (row[at + 1] ?? 0) * 0x1_0000_0000;
}

/** ISO 8601 in nanoseconds. */
export function timeText(row: Int32Array, at: number): string {
  const seconds = wide(row, at);
  const date = new Date(seconds * 1000);
  const whole = Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 19);
  return `${whole}.${String((row[at + 2] ?? 0) >>> 0).padStart(9, '0')}Z`;
}

function copy(row: Int32Array, at: number, from: Int32Array, start: number, count: number): void {
  for (let lane = 0; lane < count; lane += 1) row[at + lane] = from[start + lane] ?? 0;
}
