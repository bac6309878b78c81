import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every file under a path with its content, mode, owner and (unless left out) time of change, one line each. */
export function treeDigest(path: string, times = true): string[] {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(path, { bigint: true });
  } catch {
    return [`${path} absent`];
  }
  const common = `${path} ${stat?.mode.toString(8)} ${stat?.uid}:${stat?.gid}`;
  if (stat?.isDirectory())
    return [
      common,
      ...readdirSync(path)
        .sort()
        .flatMap((name) => treeDigest(join(path, name), times)),
    ];
  if (stat?.isSymbolicLink()) return [`${common} -> ${readlinkSync(path)}`];
  if (!stat?.isFile()) return [common];
  return [
    `${common} ${times ? stat.mtimeMs : ''} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)}`,
  ];
}

/** Lines that only one of the two has, with `-` for the first and `+` for the second. */
export function differences(first: readonly string[], second: readonly string[]): string[] {
  return [
    ...first.filter((line) => !second.includes(line)).map((line) => `- ${line}`),
    ...second.filter((line) => !first.includes(line)).map((line) => `+ ${line}`),
  ];
}
