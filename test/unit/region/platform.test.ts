import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PLATFORM = join(import.meta.dirname, '../../../iac/ansible');

// A binary holds no modes and says of each of its files that it is no program: with one that is, its closure would be another
// than the one of the same version from source.
it('no file of the platform that ships is a program', async () => {
  const entries = await readdir(PLATFORM, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const modes = await Promise.all(files.map(async (file) => ({ file, mode: (await stat(file)).mode })));
  expect(files.length).toBeGreaterThan(20);
  expect(modes.filter(({ mode }) => (mode & 0o111) !== 0).map(({ file }) => file)).toEqual([]);
});
