import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readServices } from '../../../src/service/definitions.ts';
import { readRecord, runningSupervisor } from '../../../src/service/supervisor/record.ts';
import { identify } from '../../../src/system/process.ts';
import { type Instance, makeInstance, until } from './instance.ts';

let instance: Instance;
beforeEach(async () => {
  instance = await makeInstance();
});
afterEach(() => instance.dispose());

const supervisorPid = async (): Promise<number | undefined> =>
  (await runningSupervisor(instance.home))?.supervisor?.pid;

test('a service that was killed is back within two seconds, each time, and its restarts are counted', async () => {
  await instance.manager.ensure(instance.child('ng'));
  for (let round = 1; round <= 3; round += 1) {
    const before = await instance.pid('ng');
    process.kill(before, 'SIGKILL');
    const { ms } = await until(async () => {
      const pid = await instance.pid('ng');
      return pid !== 0 && pid !== before && (await instance.notes()).length === round + 1;
    });
    expect(ms).toBeLessThan(2_000);
    expect((await instance.manager.status()).ng?.restarts).toBe(round);
  }
});

test('a killed supervisor is brought back by a service within two seconds and adopts what runs', async () => {
  await instance.manager.ensure(instance.watching('ng'));
  await instance.manager.ensure(instance.watching('ngd'));
  await instance.manager.ensure(instance.child('chain'));
  const pids = await Promise.all([instance.pid('ng'), instance.pid('ngd'), instance.pid('chain')]);
  const before = await supervisorPid();
  process.kill(before ?? 0, 'SIGKILL');
  const { ms } = await until(async () => {
    const pid = await supervisorPid();
    return pid !== undefined && pid !== before;
  });
  expect(ms).toBeLessThan(2_000);
  await delay(1_000); // time for a second supervisor or a duplicate to show
  expect(await Promise.all([instance.pid('ng'), instance.pid('ngd'), instance.pid('chain')])).toEqual(pids);
  expect(await instance.notes()).toHaveLength(1);

  process.kill(pids[2] ?? 0, 'SIGKILL');
  const adopted = await until(async () => {
    const pid = await instance.pid('chain');
    return pid !== 0 && pid !== pids[2];
  });
  expect(adopted.ms).toBeLessThan(2_000);
});

test('a supervisor that died before it wrote down a process finds it by its mark', async () => {
  await instance.manager.ensure(instance.child('ng'));
  const pid = await instance.pid('ng');
  process.kill((await supervisorPid()) ?? 0, 'SIGKILL');
  const path = join(instance.home.run, 'services.json');
  const record = JSON.parse(await readFile(path, 'utf8'));
  record.services.ng = { ...record.services.ng, state: 'starting', identity: undefined };
  await writeFile(path, JSON.stringify(record));
  await instance.manager.startWanted();
  expect(await instance.pid('ng')).toBe(pid);
  expect(await instance.notes()).toHaveLength(1);
});

test('a damaged record leads neither to a second process nor to one that is left behind', async () => {
  await instance.manager.ensure(instance.child('ng'));
  const pid = await instance.pid('ng');
  const record = join(instance.home.run, 'services.json');
  // With its supervisor alive …
  await writeFile(record, '{"version":');
  await instance.manager.startWanted();
  expect(await instance.pid('ng')).toBe(pid);
  // … and dead.
  process.kill((await supervisorPid()) ?? 0, 'SIGKILL');
  await writeFile(record, '');
  await instance.manager.startWanted();
  expect(await instance.pid('ng')).toBe(pid);
  expect(await instance.notes()).toHaveLength(1);

  await writeFile(record, '[]');
  await instance.manager.remove();
  expect(await identify(pid)).toBeUndefined();
});

test('services start in their order and stop in the reverse of it', async () => {
  await instance.manager.ensure(instance.child('ngd', ['ng']));
  await instance.manager.ensure(instance.child('ng', ['chain']));
  await instance.manager.ensure(instance.child('chain'));
  await instance.manager.stop();
  const ends = (await instance.notes()).flatMap((note) => (note.includes('ended') ? [note.split(' ')[0]] : []));
  expect(ends).toEqual(['ngd', 'ng', 'chain']);
  expect((await instance.manager.status()).ng).toMatchObject({ state: 'stopped' });
  expect(await supervisorPid()).toBeUndefined();

  await instance.manager.start();
  const starts = (await instance.notes())
    .flatMap((note) => (note.includes('started') ? [note.split(' ')[0]] : []))
    .slice(3);
  expect(starts.sort()).toEqual(['chain', 'ng', 'ngd']);
});

test('a changed definition starts only its own service anew', async () => {
  await instance.manager.ensure(instance.child('ng'));
  await instance.manager.ensure(instance.child('ngd'));
  const [ng, ngd] = [await instance.pid('ng'), await instance.pid('ngd')];
  await instance.manager.ensure(instance.child('ng'));
  expect(await instance.pid('ng')).toBe(ng);
  await instance.manager.ensure(instance.child('ng', [], 'changed'));
  expect(await instance.pid('ng')).not.toBe(ng);
  expect(await instance.pid('ngd')).toBe(ngd);
  expect((await instance.notes()).at(-1)).toContain('changed started');
});

test('what ends at once is reported with its last lines, and tried less and less often', async () => {
  const broken = instance.script('ng', `console.error('no such chain'); process.exit(7)`);
  await expect(instance.manager.ensure(broken)).rejects.toMatchObject({
    code: 'service-not-started',
    message: expect.stringContaining('exit code 7'),
    lastLines: expect.arrayContaining(['no such chain']),
  });
  await delay(1_500);
  // 0, 250, 500, 1000, … ms: a loop without back-off would be far beyond that.
  expect((await readRecord(instance.home))?.services.ng?.restarts).toBeLessThan(7);
});

test('a program that is not there is reported', async () => {
  const missing = { name: 'ng', description: 'ng', command: ['/no/such/program'] } as const;
  await expect(instance.manager.ensure(missing)).rejects.toMatchObject({
    code: 'service-not-started',
    message: expect.stringContaining('ENOENT'),
  });
});

test('one service is stopped and started while the other goes on; a boot starts only what was not stopped', async () => {
  await instance.manager.ensure(instance.child('ng'));
  await instance.manager.ensure(instance.child('ngd'));
  const ng = await instance.pid('ng');
  await instance.manager.stop('ngd');
  expect(await instance.pid('ng')).toBe(ng);
  expect((await instance.manager.status()).ngd?.state).toBe('stopped');

  await instance.manager.shutdown();
  expect(await identify(ng)).toBeUndefined();
  await instance.manager.startWanted();
  expect((await instance.manager.status()).ng?.state).toBe('running');
  expect((await instance.manager.status()).ngd?.state).toBe('stopped');
});

test('garbage in services.json is a typed error, and what runs goes on', async () => {
  await instance.manager.ensure(instance.child('ng'));
  const pid = await instance.pid('ng');
  const path = join(instance.home.state, 'services.json');
  for (const garbage of ['', '{', '[]', '{"version":2}', '{"version":1,"revision":-1,"services":[{"name":"evil"}]}']) {
    await writeFile(path, garbage);
    await expect(readServices(instance.home)).rejects.toMatchObject({ code: 'state-damaged' });
    await expect(instance.manager.ensure(instance.child('ngd'))).rejects.toMatchObject({ code: 'state-damaged' });
  }
  process.kill((await supervisorPid()) ?? 0, 'SIGHUP');
  await delay(600);
  expect(await identify(pid)).toBeDefined();
  await instance.manager.remove();
  expect(await identify(pid)).toBeUndefined();
});

test('a service or an instance that is not set up is a user error', async () => {
  await expect(instance.manager.start()).rejects.toMatchObject({ code: 'service-unknown' });
  await instance.manager.ensure(instance.child('ng'));
  await expect(instance.manager.start('chain')).rejects.toMatchObject({ code: 'service-unknown' });
  await expect(instance.manager.stop('chain')).rejects.toMatchObject({ code: 'service-unknown' });
});

test('services see this instance, their own variables and nothing else of the environment', async () => {
  process.env.LOGOS_SERVICE_TEST_SECRET = 'x';
  const definition = instance.script('ng', `console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)`);
  await instance.manager.ensure({ ...definition, env: { EXTRA: 'a b' } });
  delete process.env.LOGOS_SERVICE_TEST_SECRET;
  const [line = '{}'] = await instance.manager.logs('ng', 1);
  const seen = JSON.parse(line);
  expect(seen).toMatchObject({ EXTRA: 'a b', LOGOS_HOME: instance.home.root });
  expect(seen).not.toHaveProperty('LOGOS_SERVICE_TEST_SECRET');
});

test('removing ends everything, also when the supervisor is dead or stopped', async () => {
  await instance.manager.ensure(instance.watching('ng'));
  await instance.manager.ensure(instance.child('chain'));
  const pids = [await instance.pid('ng'), await instance.pid('chain')];
  process.kill((await supervisorPid()) ?? 0, 'SIGKILL');
  await instance.manager.remove();
  await delay(800);
  for (const pid of pids) expect(await identify(pid)).toBeUndefined();
  expect(await supervisorPid()).toBeUndefined();
  expect(await instance.journal.pending()).toEqual([]);
});
