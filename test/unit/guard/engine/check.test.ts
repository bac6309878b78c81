import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Baseline,
  checkBaseline,
  type EngineDeviation,
  loadBaseline,
  saveBaseline,
  takeBaseline,
} from '../../../../src/guard/engine/index.ts';
import { cases } from '../../../cases.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'logos-engine-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(directory, 'tree', ...parts);

function grow(): void {
  mkdirSync(at('a/b/c'), { recursive: true });
  mkdirSync(at('empty'));
  writeFileSync(at('a/one'), 'one');
  writeFileSync(at('a/two'), 'two');
  writeFileSync(at('a/b/zero'), '');
  writeFileSync(at('a/b/page'), Buffer.alloc(4096, 7));
  writeFileSync(at('a/b/large'), Buffer.alloc(3_000_001, 9));
  symlinkSync('one', at('a/link'));
  symlinkSync('.', at('a/b/loop'));
  linkSync(at('a/two'), at('a/b/again'));
  execFileSync('mkfifo', [at('pipe')]);
  writeFileSync(Buffer.from(`${at()}/\xff\n`, 'latin1'), 'no text');
}

async function found(baseline: Baseline): Promise<EngineDeviation[]> {
  const deviations: EngineDeviation[] = [];
  const verdict = await checkBaseline(baseline, { self: false, onDeviation: (each) => deviations.push(each) });
  expect(verdict.clean).toBe(deviations.length === 0);
  return deviations;
}

const kinds = (deviations: EngineDeviation[]): string[] =>
  deviations.map(({ path, kind }) => `${path.slice(at().length + 1)} ${kind}`).sort();

describe('a baseline', () => {
  it('of an unchanged tree is clean, from memory and from its file', async () => {
    grow();
    const baseline = await takeBaseline([at()]);
    expect(await found(baseline)).toEqual([]);
    const file = join(directory, 'file');
    const digest = await saveBaseline(baseline, file);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    const loaded = loadBaseline(file);
    expect(loaded.source).toMatchObject({ digest });
    const deviations: EngineDeviation[] = [];
    const verdict = await checkBaseline(loaded, { self: false, onDeviation: (each) => deviations.push(each) });
    expect(deviations).toEqual([]);
    expect(verdict).toMatchObject({ clean: true, files: 15, bytes: 3 + 3 + 4096 + 3_000_001 + 3 + 7 });
    // Having been read is no change.
    readFileSync(at('a/one'));
    expect(await found(loaded)).toEqual([]);
  });

  it('that was damaged anywhere is refused', async () => {
    grow();
    const file = join(directory, 'file');
    await saveBaseline(await takeBaseline([at()]), file);
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (place, difference) => {
        const damaged = Buffer.from(whole);
        damaged[place] = (damaged[place] ?? 0) ^ difference;
        writeFileSync(file, damaged);
        expect(() => loadBaseline(file)).toThrow(/is no whole baseline/);
        writeFileSync(file, whole.subarray(0, place));
        expect(() => loadBaseline(file)).toThrow(/is no whole baseline/);
      }),
      { numRuns: cases(40) },
    );
    writeFileSync(file, Buffer.concat([whole, Buffer.from('x')]));
    expect(() => loadBaseline(file)).toThrow(/is no whole baseline/);
  });

  it('of several roots leaves out what lies in another, and follows no link in them', async () => {
    grow();
    symlinkSync(at('a'), join(directory, 'short'));
    const baseline = await takeBaseline([join(directory, 'short'), at('a/b'), at('pipe')]);
    expect(baseline.roots().map((root) => baseline.shownPath(root))).toEqual([at('a'), at('pipe')]);
    await expect(takeBaseline([at('nowhere')])).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  /** Each changes the tree, and says what is to be found. */
  const CHANGES: [string, () => void, string[]][] = [
    ['content', () => writeFileSync(at('a/one'), 'eno'), ['a/one content']],
    ['content of one part of a large file', () => writeAt(at('a/b/large'), 2_500_000), ['a/b/large content']],
    ['size', () => truncateSync(at('a/b/page'), 1 << 30), ['a/b/page content']],
    ['content by another name', () => writeFileSync(at('a/b/again'), 'own'), ['a/b/again content', 'a/two content']],
    ['forged mtime', () => forge(at('a/one'), 'eno'), ['a/one content']],
    ['change and change back', () => forge(at('a/one'), 'one'), ['a/one touched']],
    ['mode', () => chmodSync(at('a/two'), 0o600), ['a/b/again mode', 'a/two mode']],
    ['mode of a directory', () => chmodSync(at('empty'), 0o700), ['empty mode']],
    ['a new name', () => writeFileSync(at('a/new'), ''), ['a/new added']],
    ['a new tree', () => mkdirSync(at('empty/x/y'), { recursive: true }), ['empty/x added', 'empty/x/y added']],
    ['a name gone', () => rmSync(at('a/one')), ['a/one removed']],
    ['a hard link from outside', () => linkSync(at('a/one'), join(directory, 'out')), ['a/one links']],
    ['a link to equal bytes', () => swap(at('a/one'), () => symlinkSync('two', at('a/one'))), ['a/one type']],
    ['a pipe for a file', () => swap(at('a/one'), () => execFileSync('mkfifo', [at('a/one')])), ['a/one type']],
    ['where a link leads', () => swap(at('a/link'), () => symlinkSync('two', at('a/link'))), ['a/link link-target']],
    ['times of a link', () => lutimesSync(at('a/link'), 1, 1), ['a/link touched']],
    ['come and gone', () => swap(at('a/tmp'), () => comeAndGo(at('a/tmp'))), ['a touched']],
    ['an equal copy', () => copy(at('a/one')), ['a/one touched']],
    ['a directory gone', () => rmSync(at('a/b'), { recursive: true }), ['a/b removed']],
    ['a name that is no text', () => rmSync(Buffer.from(`${at()}/\xff\n`, 'latin1')), ['\\xff\\x0a removed']],
    ['a moved directory', () => renameSync(at('a/b/c'), at('c')), ['a/b/c removed', 'c added']],
  ];
  it.each(CHANGES)('finds %s', async (_, change, expected) => {
    grow();
    const baseline = await takeBaseline([at()]);
    change();
    expect(kinds(await found(baseline))).toEqual(expect.arrayContaining(expected));
  });

  it('finds extended attributes', async (context) => {
    grow();
    try {
      execFileSync('setfattr', ['-n', 'user.x', '-v', '1', at('a/one')], { stdio: 'ignore' });
    } catch {
      context.skip('setfattr, or a filesystem with user attributes, is missing');
    }
    const baseline = await takeBaseline([at()]);
    expect(await found(baseline)).toEqual([]);
    execFileSync('setfattr', ['-n', 'user.x', '-v', '2', at('a/one')]);
    execFileSync('setfattr', ['-n', 'user.y', '-v', '2', at('a/b')]);
    expect(kinds(await found(baseline))).toEqual(['a/b xattr', 'a/one xattr']);
  });

  it('finds any sequence of changes to any tree', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b', 'd/e/a', 'f');
    const step = fc.record({
      name,
      how: fc.constantFrom('write', 'remove', 'mode', 'link', 'touch', 'mkdir'),
      byte: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.array(step, { minLength: 1, maxLength: 4 }),
        async (before, after) => {
          rmSync(at(), { recursive: true, force: true });
          mkdirSync(at('d/e'), { recursive: true });
          for (const each of before) change(each);
          const baseline = await takeBaseline([at()]);
          expect(await found(baseline)).toEqual([]);
          const did = after.map(change).some((done) => done);
          expect((await found(baseline)).length > 0).toBe(did);
        },
      ),
      { numRuns: cases(15) },
    );
  }, 60_000);
});

/** Whether anything was changed. */
function change({ name, how, byte }: { name: string; how: string; byte: number }): boolean {
  const path = at(name);
  try {
    if (how === 'write') writeFileSync(path, Buffer.alloc(byte, byte));
    else if (how === 'remove') rmSync(path, { recursive: true });
    else if (how === 'mode') chmodSync(path, 0o400 | byte);
    else if (how === 'link') symlinkSync(String(byte), path);
    else if (how === 'touch') utimesSync(path, byte, byte);
    else mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}

function forge(path: string, content: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, content);
  utimesSync(path, atime, mtime);
}

function swap(path: string, make: () => void): void {
  rmSync(path, { force: true });
  make();
}

function comeAndGo(path: string): void {
  writeFileSync(path, '');
  rmSync(path);
}

function copy(path: string): void {
  execFileSync('cp', ['-p', path, `${path}.copy`]);
  renameSync(`${path}.copy`, path);
}

function writeAt(path: string, place: number): void {
  const bytes = readFileSync(path);
  bytes[place] = 1;
  writeFileSync(path, bytes);
}
