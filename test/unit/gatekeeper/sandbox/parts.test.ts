import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findCredentials, parseVariables } from '../../../../src/gatekeeper/sandbox/credentials.ts';
import { LogFile } from '../../../../src/gatekeeper/sandbox/log-file.ts';
import { NamedQueue } from '../../../../src/gatekeeper/sandbox/queue.ts';
import { collect } from '../../../../src/system/sandbox/output.ts';
import { followStatus, type SandboxStatus } from '../../../../src/system/sandbox/status.ts';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'logos-sandbox-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe('the output of a tool', () => {
  it('is kept up to its limit, and read to its end', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat({ max: 100 }), async (parts, limit) => {
        const seen: Uint8Array[] = [];
        const { bytes, dropped } = await collect([Readable.from(parts)], limit, (part) => void seen.push(part));
        const all = Buffer.concat(parts);
        expect(Buffer.from(bytes)).toEqual(all.subarray(0, limit));
        expect(dropped).toBe(Math.max(0, all.length - limit));
        expect(Buffer.concat(seen)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('is in a new file, in order', async () => {
    const path = join(await directory(), 'log');
    const file = await LogFile.create(path);
    for (let line = 0; line < 200; line += 1) file.write(Buffer.from(`${line}\n`));
    expect(await file.close()).toBe(true);
    expect(await readFile(path, 'utf8')).toBe(Array.from({ length: 200 }, (_, line) => `${line}\n`).join(''));
    await expect(LogFile.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('that the disk has no room for is said to be lost', async () => {
    // Linux has a file that is always full (full(4)).
    const file = new LogFile(await open('/dev/full', 'a'));
    file.write(Buffer.from('x'));
    file.write(Buffer.from('y'));
    expect(await file.close()).toBe(false);
  });
});

describe('what bwrap says of a run', () => {
  it.each([
    ['{ "child-pid": 41, "net-namespace": 5 }\n{ "exit-code": 3 }\n', { pid: 41, exitCode: 3 }],
    ['{ "child-pid": 41 }\n', { pid: 41 }],
    ['', {}],
  ])('is read in any parts: %j', async (text, expected) => {
    for (let size = 1; size <= Math.max(1, text.length); size += 1) {
      const status: SandboxStatus = {};
      await followStatus(
        Readable.from(text.match(new RegExp(`[^]{1,${size}}`, 'g'))?.map((it) => Buffer.from(it)) ?? []),
        status,
      );
      expect({ ...status }).toEqual(expected);
    }
  });
});

describe('a queue', () => {
  it('runs what has one name in turn, though some of it fails, and the rest beside it', async () => {
    const queue = new NamedQueue();
    const events: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const all = [queue.run('x', work('a', true)), queue.run('x', work('b')), queue.run('y', work('c'))];
    const ended = await Promise.allSettled(all);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    const of = (names: string) => events.filter((it) => names.includes(it[0] ?? ''));
    expect(of('ab')).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(events.indexOf('c begins')).toBeLessThan(events.indexOf('a ends'));
  });
});

describe('credentials', () => {
  it('are lines of names and values, as they stand', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((it) => !/[\0\r\n]/.test(it));
    const names = fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,5}$/), { maxLength: 5 });
    fc.assert(
      fc.property(names, fc.array(value, { minLength: 5, maxLength: 5 }), (all, values) => {
        const pairs = all.map((name, index): [string, string] => [name, values[index] ?? '']);
        const text = ['# a remark', '', ...pairs.map(([name, it]) => `${name}=${it}`)].join('\n');
        expect([...parseVariables(text, 'openrc')]).toEqual(pairs);
      }),
    );
  });

  it.each(['export A=b', 'a=b', 'A', '=b', ' A=b', 'A=b\nA=c', 'A=b\r'])('are not %j', (text) => {
    expect(() => parseVariables(text, 'openrc')).toThrow(expect.objectContaining({ code: 'credential-malformed' }));
  });

  it('say nothing of what is inside when they are wrong', () => {
    expect(() => parseVariables('password: hunter2', 'openrc')).not.toThrow(/hunter2/);
  });

  it('are files of this user alone, and no links', async () => {
    const root = await directory();
    const find = (file: string, required = true) =>
      findCredentials([{ file, at: 'x', required }], root, '/root').then(({ files }) => files.length);
    await writeFile(join(root, 'good'), '', { mode: 0o600 });
    await writeFile(join(root, 'open'), '', { mode: 0o640 });
    await symlink('good', join(root, 'link'));
    await mkdir(join(root, 'directory'));
    expect(await find('good')).toBe(1);
    for (const name of ['open', 'link', 'directory'])
      await expect(find(name)).rejects.toMatchObject({ code: 'credential-unsafe' });
    await expect(find('absent')).rejects.toMatchObject({ code: 'credential-missing' });
    expect(await find('absent', false)).toBe(0);
    await writeFile(join(root, 'large'), `A=${'x'.repeat(70_000)}`, { mode: 0o600 });
    const large = findCredentials([{ file: 'large', names: ['A'], required: true }], root, '/root');
    await expect(large).rejects.toMatchObject({ code: 'credential-malformed' });
  });
});
