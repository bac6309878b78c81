import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
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
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { fileAttributes } from '../../src/system/xattr.ts';
import { dieAfter } from '../../test/lab/hardening/steps.ts';
import { differencesOf, filesOf, liveValues } from '../whole-snapshot.ts';

/**
 * Runs in a guest as root under systemd: hardens it and restores it, whole and killed after many steps, and prints what
 * differs from before: without arguments, or for its own use `apply STEP`.
 */
const [what, last = '0'] = process.argv.slice(2);
const SEED = '/repository/chain/seed/security';
const POLICY = '/run/logos-policy';
const policy = join(POLICY, 'host-policy.json');
/** How long it goes on with kills; each takes a few seconds in emulation. */
const KILLING_MS = 30_000;
// On no disk, so that the journal itself is not among what is compared.
const home = homeFrom({ LOGOS_HOME: '/run/logos-lab' }, 0);
/** Steps that a run has, at least, and a number without a common divisor. */
const [MOST, STRIDE] = [36, 13];
const LIMITS = { cpuCores: 1, memoryMiB: 256 };
const say = (line: unknown): void => console.log(JSON.stringify(line));
const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;

async function apply(effects: Partial<Awaited<ReturnType<typeof dieAfter>>> = {}) {
  const plan = await planHost({ home, source: await policyFromFile(policy), limits: LIMITS, probe: false, ...effects });
  const { applied, deviations } = await hardenHost(plan, { home, ...effects });
  return { plan, applied, deviations };
}

async function killedAfter(step: number): Promise<boolean> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'apply', `${step}`], { stdio: 'ignore' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === null && code !== 0) throw new Error(`the child ended with ${code}`);
  return signal === 'SIGKILL';
}

const restore = () => restoreHost(home, { exec: localExec, paths: HOST_PATHS });

/** The policy that a region begins with, and AppArmor with it. */
async function writePolicy(): Promise<void> {
  await cp(SEED, POLICY, { recursive: true });
  const content = JSON.parse(await readFile(policy, 'utf8')) as { controls: object };
  await writeFile(policy, JSON.stringify({ ...content, controls: { ...content.controls, apparmor: {} } }));
}

/** An owner's file as it may be: with a mode, an attribute and a time of its own. */
async function prepare(): Promise<void> {
  const path = '/etc/libvirt/libvirtd.conf';
  await chmod(path, 0o640);
  const attributes = await fileAttributes();
  attributes.write(path, { ...attributes.read(path), 'user.owner': Buffer.from('mine').toString('base64') });
  attributes.setTimes(path, { atimeNs: 1_000_000_001n, mtimeNs: 1_234_567_890_123_456_789n });
  // Pages are merged here, which hardening ends and a restore begins again.
  await writeFile('/sys/kernel/mm/ksm/run', '1');
  await localExec('useradd', ['--no-create-home', '--groups', 'libvirt', 'owner']);
  await localExec('systemctl', ['start', 'libvirtd.service', 'polkit.service']);
}

/** What polkit answers a member of the group libvirt and a stranger, for a machine of the region and one of the owner. */
async function access(): Promise<Record<string, boolean>> {
  const answers: Record<string, boolean> = {};
  for (const user of ['owner', 'nobody']) {
    const child = spawn('setpriv', [`--reuid=${user}`, '--regid=nogroup', '--init-groups', 'sleep', '600']);
    await once(child, 'spawn');
    await setTimeout(500); // until it is no longer root
    for (const [action, domain] of [
      ['domain.stop', 'dvm-one'],
      ['domain.getattr', 'dvm-one'],
      ['domain.stop', 'mine'],
    ] as const) {
      const args = [
        '--action-id',
        `org.libvirt.api.${action}`,
        '--process',
        `${child.pid}`,
        '--detail',
        'domain_name',
        domain,
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
  const compare = async (roots: readonly string[]) => {
    const files = await filesOf(roots, known);
    const within = new Map([...before.files].filter(([path]) => roots.some((root) => path.startsWith(root))));
    return [...differencesOf(within, files), ...differencesOf(before.live, liveValues())];
  };

  const applying = performance.now();
  const { plan, applied, deviations } = await apply();
  const changes = plan.changes.map(({ kind, what: of }) => `${kind} ${of}`);
  const lines = (await new Journal(home.journal).pending()).length;
  const found = await verifyPlan(applied);
  say({ event: 'applied', changes, lines, deviations: [...deviations, ...found], seconds: seconds(applying) });
  say({ event: 'access', ...(await access()) });
  say({ event: 'while applied', differences: (await compare(['/etc'])).length });
  await restore();
  say({ event: 'restored', differences: await compare(['/']) });

  const deadline = performance.now() + KILLING_MS;
  let steps = 0;
  for (; steps < MOST && performance.now() < deadline; ) {
    // Spread over all of them, so that also a slow machine sees each kind.
    const step = 1 + ((20 + steps * STRIDE) % MOST);
    const killed = await killedAfter(step);
    const pending = (await new Journal(home.journal).pending()).length;
    // Every second time it is finished first, and only then undone.
    if (steps % 2 === 1) {
      const again = await apply();
      if (again.deviations.length > 0) say({ event: 'not finished', step, deviations: again.deviations });
    }
    await restore();
    say({ event: 'killed', step, killed, pending, differences: await compare(['/etc', '/var', '/usr/local']) });
    steps += 1;
  }
  say({ event: 'end', steps, differences: await compare(['/']), seconds: seconds(started) });
}

if (what === 'apply') await apply(await dieAfter(Number(last)));
else await main();
