import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type BootHost,
  bootUndoers,
  findBootStart,
  registerBootStart,
  registeredBootStart,
} from '../../../src/service/boot/boot-start.ts';
import { cronEntry, initScript, shellWord } from '../../../src/service/boot/scripts.ts';
import { instanceName } from '../../../src/service/instance.ts';
import { fileUndoers } from '../../../src/system/changes.ts';
import { localExec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-boot-'));
});
afterEach(() => rm(root, { recursive: true }));

const home = homeFrom({ LOGOS_HOME: "/srv/it's $HOME" });
const host = (): BootHost => ({ home, root, exec: localExec, journal: new Journal(join(root, 'journal')), uid: 0 });

async function tree(): Promise<string[]> {
  return (await readdir(join(root, 'etc'), { recursive: true })).sort();
}

async function give(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

test('every word survives a shell', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      (text) => {
        const printed = execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' });
        expect(printed).toBe(text);
      },
    ),
    { numRuns: 60 },
  );
});

test('the init script runs the program with its own LOGOS_HOME', async () => {
  const program = join(root, 'pro gram');
  await writeFile(program, '#!/bin/sh\nprintf "%s|" "$LOGOS_HOME" "$@"\n');
  await chmod(program, 0o755);
  const script = join(root, 'script');
  await writeFile(script, initScript(home, [program, 'x y']));
  expect(execFileSync('sh', [script, 'start'], { encoding: 'utf8' })).toBe("/srv/it's $HOME|x y|service|start|--boot|");
  expect(execFileSync('sh', [script, 'stop'], { encoding: 'utf8' })).toBe(
    "/srv/it's $HOME|x y|service|stop|--shutdown|",
  );
  expect(() => execFileSync('sh', [script, 'dance'], { stdio: 'pipe' })).toThrow();
});

test('a line of cron escapes what cron would read', () => {
  expect(cronEntry(homeFrom({ LOGOS_HOME: '/srv/100%' }), ['/bin/logos'])).toContain(
    '@reboot root LOGOS_HOME=/srv/100\\% /bin/logos service start --boot\n',
  );
});

test('an init script and its links are made and undone to the last file', async (ctx) => {
  const tool = '/usr/sbin/update-rc.d';
  await give('usr/sbin/update-rc.d', 'etc/init.d/README', 'etc/rc2.d/S01other', 'etc/rc0.d/README');
  for (const level of ['S', 1, 3, 4, 5, 6]) await mkdir(join(root, `etc/rc${level}.d`));
  await copyFile(tool, join(root, tool)).catch(() => ctx.skip('needs update-rc.d (init-system-helpers)'));
  const before = await tree();
  const { journal } = host();
  expect((await registerBootStart(host(), ['/bin/logos'])).kind).toBe('init-script');
  await registerBootStart(host(), ['/bin/logos']);
  const name = instanceName(home);
  const made = (await tree()).filter((path) => !before.includes(path));
  expect(made).toContain(`init.d/${name}`);
  expect(made.some((path) => /^rc2\.d\/S\d\d/.test(path) && path.endsWith(name))).toBe(true);
  await journal.undo({ ...fileUndoers, ...bootUndoers(root, localExec) });
  expect(await tree()).toEqual(before);
  await journal.undo({ ...fileUndoers, ...bootUndoers(root, localExec) });
});

test('cron is taken where there are no init scripts, and nothing where there is neither', async () => {
  await give('etc/cron.d/keep', 'usr/sbin/cron');
  const before = await tree();
  const { journal } = host();
  expect((await registeredBootStart(host())).kind).toBe('none');
  expect((await registerBootStart(host(), ['/bin/logos'])).kind).toBe('cron');
  expect((await registeredBootStart(host())).kind).toBe('cron');
  expect(await readFile(join(root, 'etc/cron.d', instanceName(home)), 'utf8')).toContain('@reboot root');
  await journal.undo({ ...fileUndoers, ...bootUndoers(root, localExec) });
  expect(await tree()).toEqual(before);

  await rm(join(root, 'usr/sbin/cron'));
  expect(await findBootStart(host())).toMatchObject({
    kind: 'none',
    detail: expect.stringContaining('logos service start'),
  });
  expect((await registerBootStart(host(), ['/bin/logos'])).kind).toBe('none');
  expect(await tree()).toEqual(before);
});

test('who is not root is told so', async () => {
  await give('etc/cron.d/keep', 'usr/sbin/cron');
  expect(await findBootStart({ ...host(), uid: 1000 })).toMatchObject({
    kind: 'none',
    detail: expect.stringContaining('root'),
  });
});

test('instances have names of their own', () => {
  expect(instanceName(homeFrom({}, 0))).toBe('logos');
  expect(instanceName(homeFrom({ LOGOS_HOME: '/var/lib/logos' }, 0))).toBe('logos');
  const names = ['/a', '/b', '/c'].map((path) => instanceName(homeFrom({ LOGOS_HOME: path })));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^logos-[0-9a-f]{8}$/);
});
