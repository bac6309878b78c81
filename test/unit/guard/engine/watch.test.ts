import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type EngineDeviation,
  type EngineVerdict,
  loadBaseline,
  type Ready,
  saveBaseline,
  takeBaseline,
  watchBaseline,
} from '../../../../src/guard/engine/index.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'logos-watch-')));
  mkdirSync(join(directory, 'tree/a'), { recursive: true });
  writeFileSync(join(directory, 'tree/a/one'), 'one');
  writeFileSync(join(directory, 'tree/two'), 'two');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Watch {
  readonly ready: Ready;
  readonly seen: EngineDeviation[];
  /** The first deviation like this, waited for. */
  when(kind: string, path: string): Promise<EngineDeviation>;
  end(): Promise<EngineVerdict>;
}

async function watch(roots = ['tree']): Promise<Watch> {
  const file = join(directory, 'baseline');
  await saveBaseline(await takeBaseline(roots.map((root) => join(directory, root))), file);
  const seen: EngineDeviation[] = [];
  const abort = new AbortController();
  let done: Promise<EngineVerdict> | undefined;
  const ready = await new Promise<Ready>((onReady, reject) => {
    const onDeviation = (each: EngineDeviation) => seen.push(each);
    done = watchBaseline(loadBaseline(file), { self: false, signal: abort.signal, onDeviation, onReady });
    done.catch(reject);
  });
  return {
    ready,
    seen,
    when: (kind, path) =>
      expect
        .poll(() => seen.find((each) => each.kind === kind && each.path === path), { timeout: 15_000 })
        .toBeDefined()
        .then(() => seen.find((each) => each.kind === kind && each.path === path) as EngineDeviation),
    end: () => {
      abort.abort();
      return done as Promise<EngineVerdict>;
    },
  };
}

it('is quiet while files are only read, and ends clean', async () => {
  const watching = await watch();
  expect(watching.ready).toMatchObject({ clean: true, files: 4 });
  expect(watching.ready.sensors).toContain('stat');
  for (let round = 0; round < 10; round += 1) {
    readFileSync(join(directory, 'tree/two'));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(watching.seen).toEqual([]);
  expect(await watching.end()).toMatchObject({ clean: true, deviations: 0 });
}, 30_000);

it('tells of a write, of one by a name outside, and of one that was undone with its times forged', async () => {
  const watching = await watch();
  const [one, two] = [join(directory, 'tree/a/one'), join(directory, 'tree/two')];
  const { atime, mtime } = statSync(two);
  writeFileSync(two, 'owt');
  writeFileSync(two, 'two');
  utimesSync(two, atime, mtime);
  expect((await watching.when('touched', two)).layer).toBe('event');
  linkSync(one, join(directory, 'outside'));
  writeFileSync(join(directory, 'outside'), 'eno');
  expect((await watching.when('content', one)).layer).toBe('event');
  writeFileSync(join(directory, 'tree/a/new'), '');
  rmSync(join(directory, 'tree/a/new'));
  expect((await watching.when('added', join(directory, 'tree/a/new'))).layer).toBe('event');
  expect(await watching.end()).toMatchObject({ clean: false });
}, 60_000);

it('tells of another baseline in the place of its own', async () => {
  const watching = await watch();
  writeFileSync(join(directory, 'baseline'), 'other');
  expect((await watching.when('tampered', join(directory, 'baseline'))).layer).toBe('self');
  await watching.end();
}, 30_000);

it('tells of what a new file is, and again when it was gone and came back', async () => {
  const watching = await watch();
  const path = join(directory, 'tree/a/new');
  const told = () => watching.seen.filter((each) => each.path === path && each.found === 'file').length;
  writeFileSync(path, '');
  await expect.poll(told, { timeout: 15_000 }).toBe(1);
  rmSync(path);
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(path, '');
  await expect.poll(told, { timeout: 15_000 }).toBe(2);
  await watching.end();
}, 60_000);

it('reads large files between other events: both are told of, also where a write was undone', async () => {
  const large = ['1', '2', '3', '4', '5', '6'].map((name) => join(directory, 'tree', name));
  for (const path of large) writeFileSync(path, Buffer.alloc(3 << 20, path));
  const watching = await watch();
  const [undone = '', ...others] = large;
  writeFileSync(undone, Buffer.alloc(3 << 20, undone));
  for (const path of others) writeFileSync(path, Buffer.alloc(3 << 20, 'x'));
  writeFileSync(join(directory, 'tree/two'), 'owt');
  for (const path of [...others, join(directory, 'tree/two')]) {
    expect((await watching.when('content', path)).layer).toBe('event');
  }
  expect((await watching.when('touched', undone)).layer).toBe('event');
  expect(await watching.end()).toMatchObject({ clean: false });
}, 120_000);

it('hears of a root that is a file also after another file took its name', async () => {
  const root = join(directory, 'tree/two');
  const watching = await watch(['tree/two']);
  writeFileSync(join(directory, 'other'), 'two');
  renameSync(join(directory, 'other'), root);
  await watching.when('touched', root);
  writeFileSync(root, 'owt');
  expect((await watching.when('content', root)).layer).toBe('event');
  await watching.end();
}, 60_000);

it('that was ended before its first look was over knows nothing to be clean', async () => {
  const file = join(directory, 'baseline');
  await saveBaseline(await takeBaseline([join(directory, 'tree')]), file);
  const signal = AbortSignal.abort();
  expect(await watchBaseline(loadBaseline(file), { self: false, signal, onDeviation: () => {} })).toMatchObject({
    clean: false,
    complete: false,
  });
}, 30_000);
