import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readServices, type ServiceDefinition } from '../../../src/service/definitions.ts';
import { unitNames } from '../../../src/service/ngd/guarded-files.ts';
import { SystemdManager } from '../../../src/service/systemd/manager.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

it('a unit is there, and known as ours, before its service is started; starting it does not touch the file', async () => {
  const root = await mkdtemp(join(tmpdir(), 'logos-define-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const home = homeFrom({ LOGOS_HOME: join(root, 'home') });
  await mkdir(home.state, { recursive: true });
  const asked: string[] = [];
  // systemctl as it answers where the unit runs once it was started.
  const exec: Exec = async (_, [verb = '']) => {
    asked.push(verb);
    const isStarted = asked.includes('start') || asked.includes('restart');
    return { exitCode: 0, stdout: isStarted ? 'ActiveState=active\nMainPID=7\n' : '', stderr: '' };
  };
  const manager = new SystemdManager({ home, journal: new Journal(home.journal), exec, root });
  const ngd: ServiceDefinition = { name: 'ngd', description: 'guard', command: ['/bin/logos', 'internal', 'ngd'] };

  await manager.define(ngd);
  const [unit = ''] = await unitNames(home);
  const path = join(root, 'etc/systemd/system', unit);
  expect(await readFile(path, 'utf8')).toContain('"/bin/logos" "internal" "ngd"');
  expect(asked).toEqual(['stop', 'daemon-reload']);
  expect((await readServices(home)).services).toMatchObject([{ name: 'ngd', wanted: 'stopped' }]);

  const { ctimeNs, ino } = await stat(path, { bigint: true });
  await manager.ensure(ngd);
  expect(await stat(path, { bigint: true })).toMatchObject({ ctimeNs, ino });
  expect(asked).toContain('start');
  expect((await readServices(home)).services).toMatchObject([{ name: 'ngd', wanted: 'running' }]);
});
