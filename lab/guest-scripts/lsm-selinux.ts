import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HOST_PATHS, instanceName, restoreHost, verifyPlan } from '../../src/hardening/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { attempt, auditLines, escapeAttempts, run, say, startDomain, virsh } from '../lsm-domains.ts';
import { applyPolicy, bringPolicy } from '../lsm-policy.ts';
import { differences, treeDigest } from '../tree-digest.ts';

/** Runs in a guest with SELinux (lsm-guest.ts): says what happened, a line of JSON each; the test judges. */
const TREES = ['/etc/selinux', '/var/lib/selinux', '/etc/systemd/system'];
const IMAGES = '/var/lib/logos/cache/guest';
const BOOLEANS = '/sys/fs/selinux/booleans';
const POLICIES = '/etc/selinux/default/policy';
const home = homeFrom({ LOGOS_HOME: '/var/lib/logos' }, 0);
const instance = instanceName(home.root);
const stored = `/var/lib/selinux/default/active/modules/400/${instance}_guests`;
bringPolicy('selinux');

// What an owner may have chosen, and gets back.
mkdirSync(IMAGES, { recursive: true });
run('setsebool', 'virt_use_usb', 'on');
const policyFile = join(POLICIES, readdirSync(POLICIES)[0] ?? '');
const oldPolicy = readFileSync(policyFile);
const loadPolicy = (policy: Buffer): void => writeFileSync('/sys/fs/selinux/load', policy);
const booleans = () =>
  Object.fromEntries(readdirSync(BOOLEANS).map((name) => [name, readFileSync(join(BOOLEANS, name), 'utf8')]));
const state = () => ({
  booleans: booleans(),
  label: run('stat', '-c', '%C', IMAGES).trim(),
  enforce: readFileSync('/sys/fs/selinux/enforce', 'utf8'),
  trees: TREES.flatMap((path) => treeDigest(path, false)),
});
const before = state();
say({ step: 'before', label: before.label, usb: before.booleans.virt_use_usb });

const { applied, deviations, changes } = await applyPolicy(home);
say({ step: 'applied', changes, deviations, unsupported: applied.unsupported, label: state().label });
const control = async () => (await verifyPlan(applied)).filter(({ target }) => target === 'selinux');

const [a, b] = [await startDomain('lab-a'), await startDomain('lab-b')];
say({ step: 'domains', a, b, disk: run('stat', '-c', '%C', b.disk).trim(), deviations: await control() });
say({ step: 'unconfined', answers: escapeAttempts('none', b.disk) });
run('rmmod', 'dummy');
const [, , type, ...level] = a.label.split(':');
const label = `selinux:unconfined_u:unconfined_r:${type}:${level.join(':')}`;
say({ step: 'confined', label, own: attempt(label, 'write', a.disk), answers: escapeAttempts(label, b.disk) });
say({ step: 'audit', lines: await auditLines(['avc:  denied', `${type}:${level.join(':')}`], 'sys_module') });

const newPolicy = readFileSync(policyFile);
const text = readFileSync(`/var/lib/selinux/${instance}_guests.cil`);
const broken: Record<string, [() => void, () => unknown]> = {
  'module not in the kernel': [() => loadPolicy(oldPolicy), () => loadPolicy(newPolicy)],
  'module not in the store': [() => renameSync(stored, '/tmp/module'), () => run('mv', '/tmp/module', stored)],
  'module’s file changed': [
    () => writeFileSync(`/var/lib/selinux/${instance}_guests.cil`, '; nothing\n'),
    () => writeFileSync(`/var/lib/selinux/${instance}_guests.cil`, text),
  ],
  'only warning': [() => run('setenforce', '0'), () => run('setenforce', '1')],
  'boolean flipped': [() => run('setsebool', 'virt_use_usb', 'on'), () => applyPolicy(home)],
  'label changed': [() => run('chcon', '-t', 'var_lib_t', IMAGES), () => applyPolicy(home)],
};
for (const [what, [breakIt, mend]] of Object.entries(broken)) {
  breakIt();
  const seen = await control();
  await mend();
  say({ step: 'broken', what, seen, mended: await control() });
}
const again = await applyPolicy(home);
say({ step: 'again', changes: again.changes });

for (const { name } of [a, b]) virsh('destroy', name);
await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
const after = state();
say({
  step: 'restored',
  differences: differences(before.trees, after.trees),
  same: isDeepStrictEqual({ ...before, trees: [] }, { ...after, trees: [] }),
  deviations: await control(),
});
