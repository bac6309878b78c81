import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, Journal, LaterEdit } from '../../../src/system/journal.ts';
import { undoAll } from '../../../src/system/undo-all.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-journal-'));
  path = join(directory, 'journal.jsonl');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('gives pending changes oldest first and undoes them newest first', async () => {
  const journal = new Journal(path);
  for (const target of ['a', 'b', 'c']) await journal.record({ kind: 'note', target, before: null });
  expect((await journal.pending()).map((change) => change.target)).toEqual(['a', 'b', 'c']);
  const order: string[] = [];
  await journal.undo({ note: async (change) => void order.push(change.target) });
  expect(order).toEqual(['c', 'b', 'a']);
  expect(await journal.pending()).toEqual([]);
});

it('keeps what is left to undo when an undoer fails', async () => {
  const journal = new Journal(path);
  for (const target of ['a', 'b', 'c']) await journal.record({ kind: 'note', target, before: null });
  const undo = async (change: Change): Promise<void> => {
    if (change.target === 'b') throw new Error('busy');
  };
  await expect(journal.undo({ note: undo })).rejects.toThrow('busy');
  expect((await journal.pending()).map((change) => change.target)).toEqual(['a', 'b']);
});

it('keeps the line of what somebody else changed since, until nothing of ours is left in it, and tells both', async () => {
  const journal = new Journal(path);
  for (const target of ['a', 'settled', 'unsettled', 'b']) await journal.record({ kind: 'note', target, before: null });
  const note = async ({ target }: Change): Promise<void> => {
    if (target.endsWith('settled')) throw new LaterEdit(`${target} was edited`, target === 'settled');
  };
  const told: string[] = [];
  const tell = ({ target }: Change, { message, settled }: LaterEdit) => told.push(`${target}: ${message}, ${settled}`);
  const undone = await journal.undo({ note }, () => true, tell);
  expect(undone.map(({ target }) => target)).toEqual(['b', 'settled', 'a']);
  expect(told).toEqual(['unsettled: unsettled was edited, false', 'settled: settled was edited, true']);
  expect((await journal.pending()).map(({ target }) => target)).toEqual(['unsettled']);
  await journal.undo({ note: async () => {} });
  expect(await journal.pending()).toEqual([]);
});

it('knows each content that was made of a change, once', async () => {
  const journal = new Journal(path);
  await journal.record({ kind: 'note', target: 'a', before: null });
  const other = await journal.record({ kind: 'note', target: 'b', before: null });
  for (const after of ['x', { sha256: 'y' }, 'x', { sha256: 'y' }])
    await journal.recordMade((await journal.find('note', 'a')) as Change, after);
  expect((await new Journal(path).find('note', 'a'))?.made).toEqual(['x', { sha256: 'y' }]);
  expect(await journal.find('note', 'b')).toEqual(other);
});

it('undoes nothing when one kind has no undoer', async () => {
  const journal = new Journal(path);
  await journal.record({ kind: 'from-a-newer-version', target: 'x', before: null });
  await journal.record({ kind: 'note', target: 'y', before: null });
  await expect(journal.undo({ note: async () => {} })).rejects.toMatchObject({ code: 'journal-kind-unknown' });
  expect(await journal.pending()).toHaveLength(2);
});

it('survives a torn last line and goes on after it', async () => {
  const journal = new Journal(path);
  await journal.record({ kind: 'note', target: 'a', before: null });
  await appendFile(path, '{"change":{"id":"half');
  await journal.record({ kind: 'note', target: 'b', before: null });
  expect((await journal.pending()).map((change) => change.target)).toEqual(['a', 'b']);
});

it('refuses a file that is not a journal', async () => {
  await writeFile(path, 'hello\n');
  await expect(new Journal(path).pending()).rejects.toMatchObject({ code: 'journal-damaged' });
});

it('loses no acknowledged change, wherever the file was cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 6 }), fc.nat(), async (targets, cut) => {
      await rm(path, { force: true });
      const journal = new Journal(path);
      const ends: number[] = [];
      for (const target of targets) {
        await journal.record({ kind: 'note', target, before: { text: target } });
        ends.push((await readFile(path)).length);
      }
      const whole = await readFile(path);
      const length = cut % (whole.length + 1);
      await writeFile(path, whole.subarray(0, length));
      const complete = ends.filter((end) => end <= length).length;
      const pending = await journal.pending();
      // A line whose newline alone is missing is complete too.
      expect(pending.length).toBeGreaterThanOrEqual(complete);
      expect(pending.map((change) => change.target)).toEqual(targets.slice(0, pending.length));
    }),
    { numRuns: 40 },
  );
});

it('takes NULs at its end for a write that never came, and a changed line for damage', async () => {
  const journal = new Journal(path);
  for (const target of ['a', 'b']) await journal.record({ kind: 'note', target, before: null });
  const whole = await readFile(path, 'utf8');
  await appendFile(path, '\0'.repeat(100));
  await journal.record({ kind: 'note', target: 'c', before: null });
  expect((await journal.pending()).map((change) => change.target)).toEqual(['a', 'b', 'c']);
  for (const [from, to] of [
    ['"target":"a"', '"target":"x"'],
    ['"kind"', '#kind"'],
  ] as const) {
    await writeFile(path, whole.replace(from, to));
    await expect(journal.pending()).rejects.toMatchObject({ code: 'journal-damaged' });
  }
});

describe('undoing all', () => {
  const options = { select: () => true, first: new Set(['guests']), last: new Set(['reload']), overwrite: false };
  const recordAll = async (...kinds: string[]): Promise<Journal> => {
    const journal = new Journal(path);
    for (const kind of kinds) await journal.record({ kind, target: kind, before: null });
    return journal;
  };

  it('goes on after one that fails, and comes back to it and to what makes it felt', async () => {
    const journal = await recordAll('reload', 'a', 'guests', 'b', 'c');
    const order: string[] = [];
    let broken = true;
    const note = async ({ kind }: Change): Promise<void> => {
      order.push(kind);
      if (kind === 'b' && broken) throw new Error('busy');
    };
    const undoers = Object.fromEntries(['a', 'b', 'c', 'guests', 'reload'].map((kind) => [kind, note]));
    const first = await undoAll(journal, { ...options, undoers });
    expect(order.splice(0)).toEqual(['guests', 'c', 'b', 'a', 'reload']);
    expect(first.failed.map(({ change }) => change.kind)).toEqual(['b']);
    expect((await journal.pending()).map(({ kind }) => kind)).toEqual(['reload', 'b']);
    broken = false;
    expect((await undoAll(journal, { ...options, undoers })).failed).toEqual([]);
    expect(order).toEqual(['b', 'reload']);
    expect(await journal.pending()).toEqual([]);
  });

  it('undoes nothing while what comes first does not end', async () => {
    const journal = await recordAll('guests', 'firewall');
    const order: string[] = [];
    const undoers = {
      guests: () => Promise.reject(new Error('still running')),
      firewall: async () => void order.push('firewall'),
    };
    await expect(undoAll(journal, { ...options, undoers })).rejects.toThrow('still running');
    expect(order).toEqual([]);
  });

  it('goes on although no mark can be written', async () => {
    class Full extends Journal {
      override markUndone(): Promise<void> {
        return Promise.reject(new Error('ENOSPC'));
      }
    }
    await recordAll('a', 'b');
    const order: string[] = [];
    const undo = async ({ kind }: Change): Promise<void> => void order.push(kind);
    const { failed } = await undoAll(new Full(path), { ...options, undoers: { a: undo, b: undo } });
    expect([order, failed.length]).toEqual([['b', 'a'], 2]);
  });
});
