import { access, constants, readFile, stat } from 'node:fs/promises';
import { isErrno } from '../../system/files.ts';

/**
 * Whether the host could write a file of its kernel. NGd's own unit sees all of them read-only, which says nothing: process
 * 1's mounts do. `mountinfo`: of process 1 (proc(5)).
 */
export async function isWritableHere(path: string, mountinfo = '/proc/1/mountinfo'): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch (error) {
    if (!isErrno(error, 'EROFS')) return false;
  }
  const { mode } = await stat(path);
  return (mode & 0o200) !== 0 && !isReadOnly(await readFile(mountinfo, 'utf8'), path);
}

/** Whether the mount that a path is on is read-only: of those that lead there the deepest, and of two in one place the later. */
export function isReadOnly(mountinfo: string, path: string): boolean {
  let best = { length: -1, readOnly: false };
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const [point, options] = [unescaped(fields[4] ?? ''), fields[5]];
    if (options === undefined || !(path === point || path.startsWith(point === '/' ? '/' : `${point}/`))) continue;
    if (point.length < best.length) continue;
    const ofItsFilesystem = fields[fields.indexOf('-') + 3] ?? '';
    const readOnly = [options, ofItsFilesystem].some((list) => list.split(',').includes('ro'));
    best = { length: point.length, readOnly };
  }
  return best.readOnly;
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
