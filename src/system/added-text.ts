import { chmod, lchown, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FileSnapshot, temporaryOf } from './file-snapshot.ts';
import { syncDirectory } from './files.ts';
import { fileAttributes } from './xattr.ts';

/** Text of ours at the end of a file that is somebody else's: whole lines, which are found and taken out again later. */

/** The file's text with ours at its end. */
export function withText(text: string, added: string): string {
  return text === '' || text.endsWith('\n') ? `${text}${added}` : `${text}\n${added}`;
}

/** What the text may have been without ours; none where ours is not in it, or was changed. */
export function withoutText(text: string, added: string): string[] {
  const at = text.startsWith(added) ? 0 : text.lastIndexOf(`\n${added}`) + 1;
  if (at === 0 && !text.startsWith(added)) return [];
  const [head, tail] = [text.slice(0, at), text.slice(at + added.length)];
  // The line before it may have got its end from us.
  return [`${head}${tail}`, ...(tail === '' && head.endsWith('\n') ? [head.slice(0, -1)] : [])];
}

/** Replaces a file's content, whole or not at all, and leaves its mode, owner and attributes as a snapshot has them. */
export async function replaceContent(
  path: string,
  content: string | Uint8Array,
  { mode, uid, gid, xattrs }: Extract<FileSnapshot, { content: string }>,
): Promise<void> {
  const temporary = temporaryOf(path);
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  // Owner first: chown(2) takes set-user-ID bits away.
  await lchown(temporary, uid, gid);
  await chmod(temporary, mode);
  if (xattrs) (await fileAttributes()).write(temporary, xattrs);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}
