import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { type Entry, openParts, readTree } from '../../../../src/gatekeeper/sandbox/settings-tree.ts';

type Shape = { link: true } | { open: boolean; entries?: Shape[] };
const { tree } = fc.letrec<{ tree: Shape; leaf: Shape; directory: Shape }>((tie) => ({
  leaf: fc.oneof(fc.constant({ link: true as const }), fc.record({ open: fc.boolean() })),
  directory: fc.record({
    open: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    entries: fc.array(tie('tree'), { maxLength: 4 }),
  }),
  tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('directory')),
}));

function entryOf(shape: Shape, path: string): Entry {
  if ('link' in shape) return { kind: 'link', path, target: 'x' };
  if (shape.entries === undefined) return { kind: 'file', path, open: shape.open };
  const entries = shape.entries.map((it, index) => entryOf(it, `${path}/${index}`));
  return { kind: 'directory', path, open: shape.open, entries };
}

/** Every file and link of a tree, and whether all on the way to it is open. */
function leaves(entry: Entry, way = true): { path: string; open: boolean }[] {
  if (entry.kind === 'link') return [{ path: entry.path, open: way }];
  if (entry.kind === 'file') return [{ path: entry.path, open: way && entry.open }];
  return entry.entries.flatMap((it) => leaves(it, way && entry.open));
}

it('shows exactly what everybody may read, and says nothing twice', () => {
  fc.assert(
    fc.property(tree, (shape) => {
      const entry = entryOf(shape, '/etc');
      const shown = openParts(entry).map(({ path }) => path);
      const within = (path: string) => shown.filter((it) => path === it || path.startsWith(`${it}/`));
      for (const { path, open } of leaves(entry)) expect(within(path).length).toBe(open ? 1 : 0);
    }),
  );
});

it('reads a tree by its modes, without following links', async () => {
  const root = await mkdtemp(join(tmpdir(), 'logos-settings-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  await mkdir(join(root, 'ssl', 'private'), { recursive: true });
  await writeFile(join(root, 'ssl', 'cert'), '', { mode: 0o644 });
  await writeFile(join(root, 'ssl', 'private', 'key'), '', { mode: 0o644 });
  await chmod(join(root, 'ssl', 'private'), 0o710);
  await writeFile(join(root, 'passwd'), '', { mode: 0o644 });
  await writeFile(join(root, 'shadow'), '', { mode: 0o640 });
  await symlink('shadow', join(root, 'link'));
  expect(openParts(await readTree(root))).toEqual([
    { path: join(root, 'link'), target: 'shadow' },
    { path: join(root, 'passwd') },
    { path: join(root, 'ssl', 'cert') },
  ]);
  expect(openParts(await readTree(join(root, 'nothing')))).toEqual([]);
});
