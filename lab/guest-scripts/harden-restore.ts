import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  HOST_PATHS,
  hardenHost,
  planHost,
  policyFromFile,
  restoreHost,
  verifyPlan,
} from '../../src/hardening/index.ts';
import { newDvmUuid } from '../../src/system/dvm-uuid.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { fileAttributes } from '../../src/system/xattr.ts';
import { type CountedEffects, dieAfter } from '../../test/lab/hardening/steps.ts';
import { differencesOf, filesOf, isInstalled, liveValues } from '../whole-snapshot.ts';

/**
 * Runs in a guest as root under systemd: hardens it and restores it, whole and killed after its steps, and prints what
 * differs from before: `sampled SEED`, `every [FIRST [LAST]]`, or for its own use `apply STEP`.
 */
const [what = 'every', last = '0', end = `${Number.MAX_SAFE_INTEGER}`] = process.argv.slice(2);
const SEED = '/repository/chain/seed/security';
const POLICY = '/run/logos-policy';
const policy = join(POLICY, 'host-policy.json');
/** How long it goes on with kills where it takes samples; each takes a few seconds in emulation. */
const KILLING_MS = 30_000;
/** How often a killed run is finished before it is undone, where each step has its turn. */
const FINISHED = what === 'every' ? 8 : 2;
// On no disk, so that the journal itself is not among what is compared.
const home = homeFrom({ LOGOS_HOME: '/run/logos-lab' }, 0);
/** Where hardening writes; the whole root is compared at the end. */
const TOUCHED = [
  ...['/etc/systemd/system', '/etc/apparmor.d', '/etc/libvirt', '/etc/polkit-1', '/etc/modules-load.d', '/etc/selinux'],
  ...['/var/lib/selinux', '/var/lib/logos', '/var/cache/apparmor'],
].filter((path) => existsSync(path));
/** Steps that a run has, at least, and a number without a common divisor. */
const [MOST, STRIDE] = [36, 13];
const LIMITS = { cpuCores: 1, memoryMiB: 256 };
const say = (line: unknown): void => console.log(JSON.stringify(line));
const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;

async function apply(effects: Partial<Pick<CountedEffects, 'exec' | 'files'>> = {}) {
  const plan = await planHost({ home, source: await policyFromFile(policy), limits: LIMITS, probe: false, ...effects });
  const { applied, deviations } = await hardenHost(plan, { home, ...effects });
  return { plan, applied, deviations };
}

async function killedAfter(step: number): Promise<boolean> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'apply', `${step}`], {
    stdio: 'ignore',
    // Compiling costs more than running here.
    env: { ...process.env, NODE_COMPILE_CACHE: '/run/compile-cache' },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === null && code !== 0) throw new Error(`the child ended with ${code}`);
  return signal === 'SIGKILL';
}

const restore = () => restoreHost(home, { exec: localExec, paths: HOST_PATHS });

/** The policy that a region begins with: AppArmor and SELinux are in it, and the guest has the one or the other. */
const writePolicy = (): Promise<void> => cp(SEED, POLICY, { recursive: true });

/** systemd runs them at each reload, which is most of what a reload takes in emulation; what they made at the boot stays. */
async function withoutGenerators(): Promise<void> {
  const [all, masks] = ['/usr/lib/systemd/system-generators', '/run/systemd/system-generators'];
  await mkdir(masks, { recursive: true });
  for (const name of await readdir(all)) await symlink('/dev/null', join(masks, name));
  await localExec('systemctl', ['daemon-reload']);
}

/** An owner's file as it may be: with a mode, an attribute and a time of its own. */
async function prepare(): Promise<void> {
  await withoutGenerators();
  const path = '/etc/libvirt/libvirtd.conf';
  await chmod(path, 0o640);
  const attributes = await fileAttributes();
  attributes.write(path, { ...attributes.read(path), 'user.owner': Buffer.from('mine').toString('base64') });
  attributes.setTimes(path, { atimeNs: 1_000_000_001n, mtimeNs: 1_234_567_890_123_456_789n });
  // Pages are merged here, which hardening ends and a restore begins again.
  await writeFile('/sys/kernel/mm/ksm/run', '1');
  if (existsSync('/sys/fs/selinux/enforce')) {
    await mkdir('/var/lib/logos/cache/guest', { recursive: true });
    await localExec('setsebool', ['virt_use_usb', 'on']);
  }
  // Looking at all of them mounts a file system, once.
  await localExec('sysctl', ['--all'], { accept: [0, 1, 255] });
  await localExec('useradd', ['--no-create-home', '--groups', 'libvirt', 'owner']);
  // It would end by itself once nobody had asked it anything for two minutes.
  await writeFile('/etc/default/libvirtd', 'LIBVIRTD_ARGS=""\n');
  await localExec('systemctl', ['start', 'libvirtd.service', 'polkit.service']);
}

/** What polkit answers a member of the group libvirt and another user, about a machine of the region and one of the owner. */
async function access(): Promise<Record<string, boolean>> {
  const answers: Record<string, boolean> = {};
  for (const user of ['owner', 'nobody']) {
    const child = spawn('setpriv', [`--reuid=${user}`, '--regid=nogroup', '--init-groups', 'sleep', '600']);
    await once(child, 'spawn');
    await setTimeout(500); // until it is no longer root
    for (const [action, domain] of [
      ['domain.stop', 'region’s'],
      ['domain.getattr', 'region’s'],
      ['domain.stop', 'mine'],
    ] as const) {
      const uuid = domain === 'mine' ? randomUUID() : newDvmUuid();
      const args = [
        '--action-id',
        `org.libvirt.api.${action}`,
        '--process',
        `${child.pid}`,
        '--detail',
        'domain_uuid',
        uuid,
      ];
      const { exitCode } = await localExec('pkcheck', args, { accept: [0, 1, 2, 3] });
      answers[`${user} ${action} ${domain}`] = exitCode === 0;
    }
    child.kill('SIGKILL');
  }
  return answers;
}

async function main(): Promise<void> {
  await writePolicy();
  await prepare();
  const known = new Map();
  const started = performance.now();
  const before = { files: await filesOf(['/'], known), live: liveValues() };
  say({ event: 'snapshot', files: before.files.size, live: before.live.size, seconds: seconds(started) });
  const compare = async (roots: readonly string[], live: 'all' | 'changing' = 'all') => {
    const files = await filesOf(roots, known);
    const within = new Map(
      [...before.files].filter(([path]) =>
        roots.some((root) => `${path}/`.startsWith(root === '/' ? root : `${root}/`)),
      ),
    );
    const isAsked = ([name]: [string, string]): boolean => live === 'all' || !isInstalled(name);
    return [
      ...differencesOf(within, files),
      ...differencesOf(new Map([...before.live].filter(isAsked)), liveValues(live)),
    ];
  };

  const applying = performance.now();
  const { count, ...counted } = await dieAfter(0);
  const { plan, applied, deviations } = await apply(counted);
  const made = count();
  const changes = plan.changes.map(({ kind, what: of }) => `${kind} ${of}`);
  const lines = (await new Journal(home.journal).pending()).length;
  const found = await verifyPlan(applied);
  say({
    event: 'applied',
    changes,
    lines,
    steps: made,
    deviations: [...deviations, ...found],
    seconds: seconds(applying),
  });
  say({ event: 'access', ...(await access()) });
  say({ event: 'while applied', differences: (await compare(['/etc'])).length });
  await restore();
  say({ event: 'restored', differences: await compare(['/']) });

  const kill = async (step: number): Promise<boolean> => {
    const began = performance.now();
    const killed = await killedAfter(step);
    const ran = seconds(began);
    const pending = (await new Journal(home.journal).pending()).length;
    if (killed && step % FINISHED === 1) {
      const again = await apply();
      if (again.deviations.length > 0) say({ event: 'not finished', step, deviations: again.deviations });
    }
    const finished = seconds(began);
    await restore();
    const restored = seconds(began);
    const differences = await compare(TOUCHED, 'changing');
    say({ event: 'killed', step, killed, pending, differences, ran, finished, restored, seconds: seconds(began) });
    return killed;
  };
  let steps = 0;
  if (what === 'every') {
    // One beyond the last ends by itself.
    for (let step = Math.max(1, Number(last)); step <= Number(end) && (await kill(step)); step++) steps += 1;
  } else {
    const deadline = performance.now() + KILLING_MS;
    // Spread over all of them, so that also a slow machine sees each kind.
    for (; steps < MOST && performance.now() < deadline; steps++)
      await kill(1 + ((20 + Number(last) + steps * STRIDE) % MOST));
  }
  say({ event: 'end', steps, differences: await compare(['/']), seconds: seconds(started) });
}

if (what === 'apply') await apply(await dieAfter(Number(last)));
else await main();
