import type { Baseline } from './baseline.ts';
import { shown } from './names.ts';
import { FLAG, LANE, LANES, STATX, same, TYPE, TYPE_MASK, timeText, typeName, wide } from './record.ts';
import type { DeviationKind } from './types.ts';

export interface Finding {
  readonly kind: DeviationKind;
  readonly expected?: string;
  readonly found?: string;
}

/** Which device each filesystem of the baseline is now: learnt from the first entry on it, because numbers change at a reboot. */
export type Devices = Map<number, string>;

/**
 * What statx(2) alone shows. `touched` is last, and means only that there is more to look at: content and extended attributes
 * explain it, or nothing does.
 */
export function compareStat(baseline: Baseline, entry: number, stat: Int32Array, devices: Devices): Finding[] {
  const { rows } = baseline;
  const at = entry * LANES;
  const mode = (stat[STATX.mode] ?? 0) & 0xffff;
  const before = rows[at + LANE.mode] ?? 0;
  if ((mode & TYPE_MASK) !== (before & TYPE_MASK)) {
    return [{ kind: 'type', expected: typeName(before), found: typeName(mode) }];
  }
  const findings: Finding[] = [];
  if (mode !== before) findings.push({ kind: 'mode', expected: octal(before), found: octal(mode) });
  if (!same(rows, at + LANE.uid, stat, STATX.uid, 2)) {
    findings.push({ kind: 'owner', expected: owner(rows, at + LANE.uid), found: owner(stat, STATX.uid) });
  }
  const type = mode & TYPE_MASK;
  if (type !== TYPE.directory && rows[at + LANE.links] !== stat[STATX.links]) {
    findings.push({ kind: 'links', expected: String(rows[at + LANE.links]), found: String(stat[STATX.links]) });
  }
  if (type === TYPE.file && !same(rows, at + LANE.size, stat, STATX.size, 2)) {
    const [expected, found] = [wide(rows, at + LANE.size), wide(stat, STATX.size)];
    findings.push({ kind: 'content', expected: `${expected} bytes`, found: `${found} bytes` });
  }
  if (!same(rows, at + LANE.rdev, stat, STATX.rdev, 2)) {
    findings.push({ kind: 'type', expected: device(rows, at + LANE.rdev), found: device(stat, STATX.rdev) });
  }
  const touched = touchedBy(baseline, entry, stat, devices);
  if (touched !== undefined) findings.push(touched);
  return findings;
}

function touchedBy(baseline: Baseline, entry: number, stat: Int32Array, devices: Devices): Finding | undefined {
  const { rows } = baseline;
  const at = entry * LANES;
  // The times of /proc and its like are those of their mount.
  if ((rows[at + LANE.flags] ?? 0) & FLAG.notEntered) return undefined;
  if (!same(rows, at + LANE.inode, stat, STATX.inode, 2)) {
    return { kind: 'touched', expected: inode(rows, at + LANE.inode), found: inode(stat, STATX.inode) };
  }
  const now = device(stat, STATX.device);
  const filesystem = rows[at + LANE.filesystem] ?? 0;
  const known = devices.get(filesystem);
  if (known === undefined) devices.set(filesystem, now);
  else if (known !== now) return { kind: 'touched', expected: `device ${known}`, found: `device ${now}` };
  for (const [name, lane, from] of [
    ['ctime', LANE.ctime, STATX.ctime],
    ['mtime', LANE.mtime, STATX.mtime],
  ] as const) {
    if (!same(rows, at + lane, stat, from, 3)) {
      return {
        kind: 'touched',
        expected: `${name} ${timeText(rows, at + lane)}`,
        found: `${name} ${timeText(stat, from)}`,
      };
    }
  }
  return undefined;
}

export function compareContent(baseline: Baseline, entry: number, sha256: Uint8Array): Finding | undefined {
  const expected = baseline.sha256(entry);
  if (expected.equals(sha256)) return undefined;
  return {
    kind: 'content',
    expected: `sha256 ${expected.toString('hex')}`,
    found: `sha256 ${Buffer.from(sha256).toString('hex')}`,
  };
}

/** Names what differs, and not values that may be long. */
export function compareXattrs(baseline: Baseline, entry: number, found: string): Finding | undefined {
  const expected = baseline.xattrs(entry).toString('latin1');
  if (expected === found) return undefined;
  const [before, now] = [expected.split('\n'), found.split('\n')];
  const only = (lines: string[], others: string[]) =>
    shown(
      lines
        .filter((line) => line !== '' && !others.includes(line))
        .join(' ')
        .slice(0, 500),
    ) || 'absent';
  return { kind: 'xattr', expected: only(before, now), found: only(now, before) };
}

function octal(mode: number): string {
  return `0${(mode & 0o7777).toString(8)}`;
}

function owner(row: Int32Array, at: number): string {
  return `${(row[at] ?? 0) >>> 0}:${(row[at + 1] ?? 0) >>> 0}`;
}

export function device(row: Int32Array, at: number): string {
  return `${row[at]}:${row[at + 1]}`;
}

function inode(row: Int32Array, at: number): string {
  return `inode ${wide(row, at)}`;
}
