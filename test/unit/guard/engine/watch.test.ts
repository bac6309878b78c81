import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
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

async function watch(): Promise<Watch> {
  const file = join(directory, 'baseline');
  await saveBaseline(await takeBaseline([join(directory, 'tree')]), file);
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
