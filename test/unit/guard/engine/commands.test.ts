import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DEV = join(import.meta.dirname, '../../../../bin/dev.js');

let directory: string;
let baseline: string;
beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'logos-guard-')));
  baseline = join(directory, 'baseline');
  mkdirSync(join(directory, 'tree'));
  writeFileSync(join(directory, 'tree/file'), 'file');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly lines: Record<string, unknown>[];
}

/** Without variables that inject code: the guard would tell of them. */
function guard(...args: string[]): Promise<Run> {
  const env = { PATH: process.env.PATH, HOME: directory, LOGOS_HOME: directory };
  return new Promise((resolve) => {
    execFile(process.execPath, [DEV, 'guard', ...args], { env }, (error, stdout) => {
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
      resolve({ status: Number(error?.code ?? 0), stdout, lines: lines.map((line) => JSON.parse(line)) });
    });
  });
}

describe('logos guard', { timeout: 120_000 }, () => {
  it('takes, checks and watches, and its exit code says what was found', async () => {
    const taken = await guard('baseline', join(directory, 'tree'), '-o', baseline, '--json');
    expect(taken.lines).toMatchObject([{ event: 'result', ok: true, files: 2, bytes: 4 }]);
    const clean = await guard('check', baseline, '--json');
    expect(clean.lines).toMatchObject([{ event: 'result', clean: true, files: 2, bytes: 4, deviations: 0 }]);
    expect(clean.status).toBe(0);
    const quiet = await guard('watch', baseline, '--json', '--for', '1');
    expect(quiet.lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['ready', 'alive', 'result']));
    expect(quiet.status).toBe(0);

    writeFileSync(join(directory, 'tree/file'), 'elif');
    const changed = await guard('check', baseline, '--json');
    const deviation = { event: 'deviation', path: join(directory, 'tree/file'), kind: 'content' };
    expect(changed.lines).toMatchObject([deviation, { event: 'result', clean: false, deviations: 1 }]);
    expect(changed.status).toBe(1);
    const watched = await guard('watch', baseline, '--for', '1', '--json');
    expect(watched.lines).toEqual(expect.arrayContaining([expect.objectContaining(deviation)]));
    expect(watched.status).toBe(1);
    // The same for people, which goes through the command framework.
    const told = await guard('check', baseline);
    expect(told.stdout).toContain(`${join(directory, 'tree/file')}: content`);
    expect(told.status).toBe(1);
  });

  it('refuses a damaged baseline with 1, and wrong use with 2', async () => {
    const damaged = join(directory, 'damaged');
    writeFileSync(damaged, '{}\n');
    const refused = await guard('check', damaged, '--json');
    expect(refused.lines).toMatchObject([{ event: 'result', ok: false, error: { code: 'baseline-damaged' } }]);
    expect(refused.status).toBe(1);
    const wrong = await guard('watch', damaged, '--json', '--for', 'ever');
    expect(wrong.lines).toMatchObject([{ event: 'result', ok: false, error: { code: 'wrong-usage' } }]);
    expect(wrong.status).toBe(2);
    expect((await guard('check', '--json')).status).toBe(2);
  });
});
