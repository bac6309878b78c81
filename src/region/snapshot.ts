import { z } from 'zod';
import type { Exec } from '../system/exec.ts';

/**
 * What a server has that phases change: packages with versions, every file and link of /etc, units that start by themselves, and
 * what is in the directories that packages of a region fill. As root, or through sudo.
 */
const PROBE = `
dpkg-query -W -f 'package \${Package}:\${Architecture} \${Version} \${db:Status-Abbrev}\\n'
find /etc -xdev -type f -exec sha256sum {} + | sed -n 's/^\\([0-9a-f]*\\)  \\(.*\\)$/file \\2 \\1/p'
find /etc -xdev -type l -printf 'file %p -> %l\\n'
systemctl list-unit-files --state=enabled,masked --no-legend --plain 2>/dev/null | sed 's/^/unit /'
ls -1 /var/lib /srv /opt /root | sed 's/^/entry /'
`;
const MAX_BUFFER_MS = 300_000;

/** A line of a snapshot by what it is about: `package x` → version and state. */
export const snapshotSchema = z.record(z.string(), z.string());
export type Snapshot = z.output<typeof snapshotSchema>;

/** Takes a snapshot of a server; changes nothing. */
export async function takeSnapshot(exec: Exec, user: string, signal?: AbortSignal): Promise<Snapshot> {
  const words = user === 'root' ? ['sh', '-c', PROBE] : ['sudo', '-n', 'sh', '-c', PROBE];
  const [command = 'sh', ...args] = words;
  const { stdout } = await exec(command, args, { timeout: MAX_BUFFER_MS, signal });
  return parseSnapshot(stdout);
}

export function parseSnapshot(text: string): Snapshot {
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [kind = '', name = '', ...rest] = line.split(' ');
    if (name !== '') found[`${kind} ${name}`] = rest.join(' ').trim();
  }
  return found;
}

/** What differs between two snapshots of a server, sorted; empty when it is as it was. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key) => {
    if (before[key] === undefined) return [`+ ${key}`];
    if (after[key] === undefined) return [`- ${key}`];
    return before[key] === after[key] ? [] : [`~ ${key}`];
  });
}
