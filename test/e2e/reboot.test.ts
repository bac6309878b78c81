import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { builtBinary } from '../../lab/binary.ts';
import { differences, snapshotHost } from '../../lab/host-snapshot.ts';
import { Instance, SHARED_CACHE } from '../../lab/instance.ts';
import { instanceName } from '../../src/hardening/index.ts';
import type { Change } from '../../src/system/journal.ts';

/**
 * What a power cut leaves: no process, no cgroup, no firewall table, the kernel's own settings, another boot id. This
 * machine can't be started anew, so all of that is taken away, and the boot id is replaced for what starts afterwards.
 */

let instance: Instance;
afterEach(() => instance.dispose());

it('is a provider again after a reboot, with its policy and its guest', async () => {
  instance = await Instance.create(await builtBinary());
  const before = snapshotHost({ ignore: [SHARED_CACHE] });
  expect((await instance.run(instance.provideArgs)).result).toMatchObject({ ok: true });
  const guest = instance.status().dvms;
  expect(guest).toHaveLength(1);

  await powerCut();
  expect(instance.status().state).not.toBe('providing');
  startAfterBoot();

  const deadline = performance.now() + 90_000;
  for (;;) {
    const status = instance.status();
    const running = (status.dvms as { name: string; state: string }[]).filter((dvm) => dvm.state === 'running');
    if (status.state === 'providing' && status.integrity === 'intact' && running.length === 1) break;
    if (performance.now() > deadline) throw new Error(`not back: ${JSON.stringify(status)}`);
    await delay(500);
  }
  const reset = await instance.run(['reset', '--yes', '--json']);
  expect(reset.result, JSON.stringify(reset.result)).toMatchObject({ ok: true });
  expect(differences(before, snapshotHost({ ignore: [SHARED_CACHE] }))).toEqual([]);
});

const CGROUPS = '/sys/fs/cgroup';

async function powerCut(): Promise<void> {
  const name = instanceName(instance.home);
  const groups = ['', ...readdirSync(CGROUPS)]
    .map((tree) => join(CGROUPS, tree, name))
    .filter((path) => existsSync(path));
  const guests = groups.flatMap((group) => readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n'));
  const record = JSON.parse(readFileSync(join(instance.home, 'run/services.json'), 'utf8'));
  const services = Object.values(instance.status().service).map((service) => service?.pid);
  // The supervisor first: it would start the others again.
  for (const pid of new Set([record.supervisor.pid, ...services, ...guests.map(Number)])) {
    try {
      if (pid) process.kill(pid, 'SIGKILL');
    } catch {
      // it went with another one
    }
  }
  await delay(500);
  for (const line of readFileSync(join(instance.home, 'journal.jsonl'), 'utf8').trim().split('\n')) {
    const change = JSON.parse(line).change as Change | undefined;
    if (change?.kind === 'sysctl') writeFileSync(change.target, String(change.before));
  }
  execFileSync('nft', ['delete', 'table', 'inet', name]);
  for (const group of groups) rmdirSync(group);
}

/** Lets everything from here on see another boot id, and starts the services as the init script does. */
function startAfterBoot(): void {
  const directory = join(instance.home, '..');
  const bootId = join(directory, 'boot_id');
  writeFileSync(bootId, '00000000-0000-4000-8000-000000000001\n');
  const wrapper = join(directory, 'logos-after-boot');
  const inside = `mount --bind ${bootId} /proc/sys/kernel/random/boot_id && exec ${instance.binary} "$@"`;
  writeFileSync(wrapper, `#!/bin/sh\nexec unshare --mount --propagation private sh -c '${inside}' sh "$@"\n`, {
    mode: 0o755,
  });
  instance.binary = wrapper;
  execFileSync(wrapper, ['service', 'start', '--boot', '--json'], { env: instance.env, stdio: 'pipe', cwd: '/' });
}
