import { chmod, lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  fileUndoers,
  madeOf,
  makeDirectoryJournalled,
  recordFile,
  removeFileJournalled,
  symlinkJournalled,
  writeFileJournalled,
} from '../../../src/system/changes.ts';
import { Journal } from '../../../src/system/journal.ts';

let directory: string;
let journal: Journal;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-changes-'));
  journal = new Journal(join(directory, 'home', 'journal.jsonl'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('puts back content and mode of a file that was changed twice', async () => {
  const path = join(directory, 'a.conf');
  await writeFile(path, 'owner');
  await chmod(path, 0o640);
  await writeFileJournalled(journal, path, 'first', 0o644);
  await writeFileJournalled(journal, path, 'second', 0o600);
  await journal.undo(fileUndoers);
  expect(await readFile(path, 'utf8')).toBe('owner');
  expect((await stat(path)).mode & 0o7777).toBe(0o640);
});

it('removes a new file and the directories made for it, and no others', async () => {
  await mkdir(join(directory, 'there'));
  const path = join(directory, 'there', 'new', 'deep', 'a.conf');
  await writeFileJournalled(journal, path, 'x');
  await journal.undo(fileUndoers);
  await expect(lstat(join(directory, 'there', 'new'))).rejects.toThrow('ENOENT');
  expect((await stat(join(directory, 'there'))).isDirectory()).toBe(true);
});

it('keeps a directory into which somebody else put a file', async () => {
  const path = join(directory, 'shared');
  await makeDirectoryJournalled(journal, path);
  await writeFile(join(path, 'theirs'), 'x');
  await journal.undo(fileUndoers);
  expect(await readFile(join(path, 'theirs'), 'utf8')).toBe('x');
});

it('puts back a removed file and a replaced link', async () => {
  const file = join(directory, 'file');
  const link = join(directory, 'link');
  await writeFile(file, 'x');
  await symlink('elsewhere', link);
  await removeFileJournalled(journal, file);
  await symlinkJournalled(journal, link, 'here');
  expect(await readlink(link)).toBe('here');
  await journal.undo(fileUndoers);
  expect(await readFile(file, 'utf8')).toBe('x');
  expect(await readlink(link)).toBe('elsewhere');
});

it('undoes a change that was journalled and never made', async () => {
  const path = join(directory, 'never');
  await journal.record({ kind: 'file', target: path, before: { absent: true } });
  await journal.record({ kind: 'directory', target: join(directory, 'never-dir'), before: null });
  await expect(journal.undo(fileUndoers)).resolves.toHaveLength(2);
});

it('leaves a file that holds neither what was there nor what was made of it, and keeps its line', async () => {
  const path = join(directory, 'a.conf');
  await writeFile(path, 'owner');
  const line = await recordFile(journal, path);
  if (line === undefined) throw new Error('there is a line already');
  for (const content of ['first', 'second']) await journal.recordMade(line, madeOf(content));
  await writeFile(path, 'somebody else');
  expect(await journal.undo(fileUndoers)).toEqual([]);
  expect(await readFile(path, 'utf8')).toBe('somebody else');
  // Each content of ours is known, whichever was the last to be written.
  for (const content of ['first', 'second']) {
    await writeFile(path, content);
    await fileUndoers.file?.((await journal.find('file', path)) as never);
    expect(await readFile(path, 'utf8')).toBe('owner');
  }
  expect(await journal.undo(fileUndoers)).toHaveLength(1);
});
