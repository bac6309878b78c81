import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SystemdHost, startSystemdHost, systemdHostLacks } from '../../lab/systemd.ts';
import type { ServiceDefinition } from '../../src/service/definitions.ts';
import type { ServiceState } from '../../src/service/manager.ts';
import { ownCgroupProcs } from '../../src/service/supervisor/cgroups.ts';
import { runningSupervisor } from '../../src/service/supervisor/record.ts';
import { type Instance, makeInstance, until } from '../unit/service/instance.ts';

const repository = join(import.meta.dirname, '../..');

describe('under systemd', () => {
  let host: SystemdHost;
  const lacks = systemdHostLacks();
  // The test's own Node is not there, but the repository and what runs it are.
  const node = process.execPath;

  beforeAll(async () => {
    if (!(await lacks)) host = await startSystemdHost({ readOnly: [repository, dirname(node)] });
  });
  afterAll(async () => host?.close());

  const ng: ServiceDefinition = {
    name: 'ng',
    description: 'a stand-in for 100 % of $HOME',
    command: ['/bin/sleep', 'infinity'],
    env: { WORD: 'two "words" $x 5%' },
    sandbox: { NoNewPrivileges: 'yes', ProtectSystem: 'strict' },
  };

  /** Runs code with a service manager inside, as the program does there; its value comes back as JSON. */
  async function inside<T>(code: string, home = '/var/lib/logos'): Promise<T> {
    const program = `
      import { homeFrom } from '${repository}/src/system/home.ts';
      import { openServiceManager } from '${repository}/src/service/open-manager.ts';
      const manager = await openServiceManager(homeFrom({ LOGOS_HOME: '${home}' }));
      const value = await (async () => { ${code} })();
      console.log(JSON.stringify(value ?? null));`;
    const { stdout } = await host.exec(node, ['--input-type=module', '-e', program], { timeout: 60_000 });
    return JSON.parse(stdout) as T;
  }

  const ensure = (definition: ServiceDefinition): string => `await manager.ensure(${JSON.stringify(definition)});`;
  const state = async (): Promise<ServiceState | undefined> =>
    (await inside<{ ng?: ServiceState }>('return manager.status()')).ng;
  const units = async (): Promise<string[]> =>
    (await readdir(join(host.root, 'etc/systemd/system'), { recursive: true })).sort();

  test('a unit is installed, comes back after SIGKILL and a reboot, follows its definition, and is undone', async (ctx) => {
    const missing = await lacks;
    if (missing) ctx.skip(`needs ${missing}`);
    const before = await units();
    expect(await inside('return manager.kind')).toBe('systemd');
    await inside(ensure(ng));
    const first = await state();
    expect(first).toMatchObject({ state: 'running', restarts: 0 });
    const environment = await host.exec('cat', [`/proc/${first?.pid}/environ`]);
    expect(environment.stdout.split('\0')).toEqual(
      expect.arrayContaining(['WORD=two "words" $x 5%', 'LOGOS_HOME=/var/lib/logos']),
    );

    await host.exec('systemctl', ['kill', '--signal=KILL', '--kill-whom=main', 'logos-ng.service']);
    const back = await until(async () => {
      const { stdout } = await host.exec('systemctl', ['show', '-p', 'MainPID', '--value', 'logos-ng.service']);
      return Number(stdout) > 0 && Number(stdout) !== first?.pid;
    });
    expect(back.ms).toBeLessThan(2_000);
    expect(await state()).toMatchObject({ state: 'running', restarts: 1 });

    const again = await state();
    await inside(ensure(ng));
    expect((await state())?.pid).toBe(again?.pid);
    await inside(ensure({ ...ng, env: { WORD: 'other' } }));
    expect((await state())?.pid).not.toBe(again?.pid);

    await host.reboot();
    expect(await state()).toMatchObject({ state: 'running' });
    await inside('await manager.stop()');
    await host.reboot();
    expect(await state()).toMatchObject({ state: 'stopped' });
    await inside('await manager.start()');
    expect(await state()).toMatchObject({ state: 'running' });

    await inside('await manager.remove()');
    expect(await units()).toEqual(before);
    const { stdout } = await host.exec('systemctl', ['list-units', '--all', '--plain', '--no-legend', 'logos*']);
    expect(stdout).toBe('');
  });

  test('what ends at once is reported with what it printed', async (ctx) => {
    const missing = await lacks;
    if (missing) ctx.skip(`needs ${missing}`);
    const broken: ServiceDefinition = { ...ng, command: ['/bin/ls', '/no/such/file'] };
    const error = await inside<{ code: string; lastLines: string[] }>(
      `try { ${ensure(broken)} } catch (error) { return { code: error.code, lastLines: error.lastLines }; }`,
    );
    expect(error.code).toBe('service-not-started');
    expect(error.lastLines.join('\n')).toContain('/no/such/file');
    await inside('await manager.remove()');
  });

  test('two instances have units of their own', async (ctx) => {
    const missing = await lacks;
    if (missing) ctx.skip(`needs ${missing}`);
    const before = await units();
    await inside(ensure(ng));
    await inside(ensure(ng), '/srv/second');
    await inside('await manager.remove()', '/srv/second');
    expect(await state()).toMatchObject({ state: 'running' });
    await inside('await manager.remove()');
    expect(await units()).toEqual(before);
  });
});

describe('control groups', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await makeInstance();
  });
  afterAll(() => instance.dispose());

  test('a service is born in its groups, the supervisor stays in its own', async (ctx) => {
    // A hierarchy whose groups take processes without further settings: cpuset would want some.
    const own = ownCgroupProcs().find((file) =>
      /\/(pids|unified)\/|^\/sys\/fs\/cgroup\/[^/]*cgroup\.procs$/.test(file),
    );
    const group = own && join(dirname(own), `logos-test-${process.pid}`);
    if (
      !group ||
      !(await mkdir(group).then(
        () => true,
        () => false,
      ))
    )
      return ctx.skip('needs a control group that can be written to');
    try {
      const code = `console.log(require('fs').readFileSync('/proc/self/cgroup', 'utf8').replaceAll('\\n', ' ')); setInterval(() => {}, 1000)`;
      await instance.manager.ensure({ ...instance.script('ng', code), cgroupProcs: [join(group, 'cgroup.procs')] });
      const [line] = await instance.manager.logs('ng', 1);
      expect(line).toContain(`/logos-test-${process.pid}`);
      const supervisor = (await runningSupervisor(instance.home))?.supervisor?.pid;
      expect(await readFile(`/proc/${supervisor}/cgroup`, 'utf8')).not.toContain('logos-test');

      const before = await instance.pid('ng');
      process.kill(before, 'SIGKILL');
      await until(
        async () => (await instance.pid('ng')) !== before && (await instance.manager.status()).ng?.state === 'running',
      );
      expect((await readFile(join(group, 'cgroup.procs'), 'utf8')).trim()).toBe(String(await instance.pid('ng')));
    } finally {
      await instance.manager.remove();
      await rmdir(group);
    }
  });

  test('a group that comes late still gets the process', async (ctx) => {
    const own = ownCgroupProcs().find((file) =>
      /\/(pids|unified)\/|^\/sys\/fs\/cgroup\/[^/]*cgroup\.procs$/.test(file),
    );
    const group = own && join(dirname(own), `logos-late-${process.pid}`);
    if (!group) return ctx.skip('needs a control group that can be written to');
    await instance.manager.ensure({ ...instance.child('ng'), cgroupProcs: [join(group, 'cgroup.procs')] });
    const pid = await instance.pid('ng');
    if (
      !(await mkdir(group).then(
        () => true,
        () => false,
      ))
    )
      return ctx.skip('needs a control group that can be written to');
    try {
      await until(async () => (await readFile(join(group, 'cgroup.procs'), 'utf8')).trim() === String(pid));
    } finally {
      await instance.manager.remove();
      await rmdir(group);
    }
  });
});
