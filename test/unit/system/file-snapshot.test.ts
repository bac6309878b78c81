import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differencesOf, filesOf } from '../../../lab/whole-snapshot.ts';
import {
  fileUndoers,
  recordFile,
  removeFileJournalled,
  replaceFile,
  symlinkJournalled,
  writeFileJournalled,
} from '../../../src/system/changes.ts';
import { temporaryOf } from '../../../src/system/file-snapshot.ts';
import { Journal } from '../../../src/system/journal.ts';
import { fileAttributes } from '../../../src/system/xattr.ts';
import { cases } from '../../cases.ts';

let root: string;
let journal: Journal;
const at = (...parts: string[]): string => join(root, 'host', ...parts);

beforeEach(async () => {
  // A temporary directory that takes no user attributes would prove little of them, but the rest all the same.
  root = await mkdtemp(join(tmpdir(), 'logos-snapshot-'));
  journal = new Journal(join(root, 'journal'));
  await mkdir(at());
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** An owner's file with everything a file can have. */
async function own(path: string, content: string, mode: number): Promise<void> {
  await writeFile(path, content);
  await chmod(path, mode);
  const attributes = await fileAttributes();
  const mine = { 'user.owner': Buffer.from('mine').toString('base64') };
  try {
    attributes.write(path, { ...attributes.read(path), ...mine });
  } catch {
    // this file system has none
  }
  attributes.setTimes(path, { atimeNs: 1n, mtimeNs: 1_234_567_890_123_456_789n });
}

const changesOf = fc.array(
  fc.tuple(fc.constantFrom('write', 'remove', 'link', 'half'), fc.constantFrom('a', 'b', 'new', 'deep/er/new')),
  { minLength: 1, maxLength: 6 },
);

describe('undo of files', () => {
  it('leaves no difference in content, mode, owner, attributes and times, whatever was done and wherever it stopped', async () => {
    await fc.assert(
      fc.asyncProperty(changesOf, async (changes) => {
        await rm(at(), { recursive: true, force: true });
        await rm(join(root, 'journal'), { force: true });
        await mkdir(at());
        await own(at('a'), 'one', 0o640);
        await own(at('b'), 'two', 0o4755);
        await symlink('a', at('link'));
        const attributes = await fileAttributes();
        attributes.setTimes(at(), { atimeNs: 5n, mtimeNs: 987_654_321_987_654_321n });
        const before = await filesOfHost();
        for (const [what, name] of changes) {
          const path = at(name);
          if (what === 'write') await writeFileJournalled(journal, path, 'ours', 0o600);
          if (what === 'remove') await removeFileJournalled(journal, path);
          if (what === 'link') await symlinkJournalled(journal, path, 'b');
          if (what === 'half' && !name.includes('/')) {
            await recordFile(journal, path);
            await writeFile(temporaryOf(path), 'killed before it got its na');
          }
        }
        await journal.undo(fileUndoers);
        expect(differencesOf(before, await filesOfHost())).toEqual([]);
      }),
      { numRuns: cases(20) },
    );
  });

  it('does not touch a file whose change was never made', async () => {
    await own(at('a'), 'one', 0o640);
    const { ino, ctimeMs } = await stat(at('a'));
    await recordFile(journal, at('a'));
    await journal.undo(fileUndoers);
    expect(await stat(at('a'))).toMatchObject({ ino, ctimeMs });
  });

  it('keeps the time of a directory that somebody else changed since', async () => {
    await own(at('a'), 'one', 0o640);
    const before = (await stat(at())).mtimeMs;
    await recordFile(journal, at('a'));
    await replaceFile(at('a'), 'ours', 0o600);
    await writeFile(at('owners'), 'new');
    await journal.undo(fileUndoers);
    expect((await stat(at())).mtimeMs).toBeGreaterThan(before);
    expect(await readdir(at())).toEqual(['a', 'owners']);
  });

  it('puts back what was replaced by another program after us', async () => {
    await own(at('a'), 'one', 0o640);
    const before = await filesOfHost();
    await recordFile(journal, at('a'));
    await writeFile(at('other'), 'theirs');
    await rename(at('other'), at('a'));
    await journal.undo(fileUndoers);
    const found = differencesOf(before, await filesOfHost());
    expect(found.filter((line) => line.includes('/host/'))).toEqual([]);
  });
});

async function filesOfHost() {
  return filesOf([at()], new Map(), []);
}
