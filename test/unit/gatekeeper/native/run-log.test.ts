import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runLog } from '../../../../src/gatekeeper/native/run-log.ts';

const DIGEST = 'ab'.repeat(32);

async function newLog() {
  const root = await mkdtemp(join(tmpdir(), 'logos-run-log-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, DIGEST));
  return { log: runLog(root, DIGEST), path: join(root, DIGEST, 'log') };
}

describe('the log of a run', () => {
  it('gives each line once, however it is written', async () => {
    const text = fc.array(fc.stringMatching(/^[ -~äöü☃𝒳]{0,12}$/u), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (lines, size) => {
        const { log, path } = await newLog();
        const bytes = Buffer.from(lines.join('\n'));
        const found: string[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          await appendFile(path, bytes.subarray(at, at + size));
          found.push(...(await log.lines()));
        }
        found.push(...(await log.lines(true)));
        expect(found.join('\n')).toBe(lines.join('\n').replace(/\n$/, ''));
      }),
      { numRuns: 20 },
    );
  });

  it('is empty before there is one, and steers no terminal', async () => {
    const { log, path } = await newLog();
    expect(await log.lines()).toEqual([]);
    await appendFile(path, '\u001b[2Jred\u001b[31m\tgreen\u0007\r\n\u009b1mx\n');
    expect(await log.lines(true)).toEqual(['red\tgreen', 'x']);
  });
});
