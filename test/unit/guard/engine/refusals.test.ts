import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBaseline, refuseTarget, saveBaseline, takeBaseline } from '../../../../src/guard/engine/index.ts';
import { lean } from '../../../../src/lean.ts';

const DEV = join(import.meta.dirname, '../../../../bin/dev.js');

let directory: string;
const at = (name: string) => join(directory, name);
beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'logos-guard-')));
  mkdirSync(at('tree'));
  for (let file = 0; file < 200; file += 1) writeFileSync(at(`tree/${file}`), `${file}`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the guard', { timeout: 60_000 }, () => {
  it('replaces files alone by a baseline', async () => {
    const baseline = await takeBaseline([at('tree')]);
    execFileSync('mkfifo', [at('fifo')]);
    symlinkSync('nowhere', at('link'));
    for (const path of [at('fifo'), at('link'), at('tree')])
      await expect(saveBaseline(baseline, path)).rejects.toMatchObject({ code: 'baseline-unwritable', exitCode: 2 });
    expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
  });

  it('says of what it can’t read or write that it can’t', async () => {
    const baseline = await takeBaseline([at('tree')]);
    await expect(saveBaseline(baseline, at('absent/file'))).rejects.toMatchObject({ code: 'baseline-unwritable' });
    execFileSync('mkfifo', [at('pipe')]);
    for (const path of [at('pipe'), at('tree'), at('absent'), ''])
      expect(() => loadBaseline(path)).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
    expect(() => refuseTarget(at('tree/file'), [at('tree')])).toThrow(/is to be guarded/);
    symlinkSync(at('tree'), at('way'));
    expect(() => refuseTarget(at('way/file'), [at('tree')])).toThrow(/is to be guarded/);
    refuseTarget(at('trees'), [at('tree')]);
  });

  it('takes no more memory than a baseline has bytes', async () => {
    await saveBaseline(await takeBaseline([at('tree')]), at('whole'));
    const [header = ''] = readFileSync(at('whole'), 'latin1').split('\n');
    const parsed = { ...JSON.parse(header), entries: 8_000_000, bytes: 4_000_000_000_000 };
    writeFileSync(at('huge'), `${JSON.stringify(parsed)}\n`);
    expect(() => loadBaseline(at('huge'))).toThrow(/is no whole baseline: it has \d+ bytes/);
  });

  it('leaves a time that no timer takes to the framework, which refuses it', async () => {
    expect(await lean(['guard', 'watch', at('absent'), '--for', '2147484', '--json'])).toBe(false);
  });

  it('loses no content where there are few descriptors', () => {
    const script = 'ulimit -n 64; exec "$@"';
    const args = [process.execPath, DEV, 'guard', 'baseline', at('tree'), '-o', at('few'), '--json'];
    execFileSync('sh', ['-c', script, 'sh', ...args]);
    expect(loadBaseline(at('few')).header.content).toBe(490);
  });

  it.each([{ flags: ['--json'] }, { flags: [] }])('ends when nobody reads what it says: $flags', async ({ flags }) => {
    await saveBaseline(await takeBaseline([at('tree')]), at('baseline'));
    const watch = spawn(process.execPath, [DEV, 'guard', 'watch', at('baseline'), ...flags], {
      env: { PATH: process.env.PATH, HOME: directory, LOGOS_HOME: directory },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(watch.stdout, 'data');
      writeFileSync(at('tree/0'), `x${flags.length}`);
      let said = '';
      while (!said.includes('tree/0')) said += (await once(watch.stdout, 'data'))[0];
      watch.stdout.destroy();
      writeFileSync(at('tree/1'), `x${flags.length}`);
      expect(await once(watch, 'exit')).toEqual([1, null]);
    } finally {
      watch.kill('SIGKILL');
    }
  });
});
