import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { HOST_PATHS, instanceName, restoreHost, verifyPlan } from '../../src/hardening/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { attempt, auditLines, escapeAttempts, run, say, startDomain, virsh } from '../lsm-domains.ts';
import { applyPolicy, bringPolicy } from '../lsm-policy.ts';
import { differences, treeDigest } from '../tree-digest.ts';

/** Runs in a guest with AppArmor (lsm-guest.ts): says what happened, a line of JSON each; the test judges. */
const TREES = ['/etc/apparmor.d', '/var/cache/apparmor', '/etc/libvirt/qemu.conf', '/etc/systemd/system'];
const KEY = '/home/owner/.ssh/id_ed25519';
const home = homeFrom({ LOGOS_HOME: '/var/lib/logos' }, 0);
const instance = instanceName(home.root);
bringPolicy('apparmor');

const loaded = (): string[] => readFileSync('/sys/kernel/security/apparmor/profiles', 'utf8').trim().split('\n').sort();
/** libvirt writes a profile for each domain, and leaves the file when the domain is gone. */
const isLibvirts = (line: string): boolean => /libvirt-[0-9a-f]{8}-/.test(line);
const state = () => ({
  loaded: loaded().filter((line) => !isLibvirts(line)),
  trees: TREES.flatMap((path) => treeDigest(path)).filter((line) => !isLibvirts(line)),
});
mkdirSync('/home/owner/.ssh', { recursive: true });
writeFileSync(KEY, 'k'.repeat(512));
virsh('version');
const before = state();

const { applied, deviations, changes } = await applyPolicy(home);
say({ step: 'applied', changes, deviations, unsupported: applied.unsupported, loaded: loaded() });
const control = async () => (await verifyPlan(applied)).filter(({ target }) => target === 'apparmor');

const [a, b] = [await startDomain('lab-a'), await startDomain('lab-b')];
say({ step: 'domains', a, b, deviations: await control() });
say({ step: 'unconfined', answers: escapeAttempts('none', b.disk) });
run('rmmod', 'dummy');
say({
  step: 'confined',
  own: attempt(`apparmor:${a.label}`, 'write', a.disk),
  answers: escapeAttempts(`apparmor:${a.label}`, b.disk),
});
say({ step: 'audit', lines: await auditLines(['apparmor="DENIED"', a.label], 'sys_module') });
say({
  step: 'worker',
  free: { shadow: attempt('none', 'read', '/etc/shadow'), stream: attempt('none', 'socket', 'stream') },
  held: {
    shadow: attempt(`apparmor:${instance}-gpu-worker`, 'read', '/etc/shadow'),
    stream: attempt(`apparmor:${instance}-gpu-worker`, 'socket', 'stream'),
    library: attempt(`apparmor:${instance}-gpu-worker`, 'read', '/usr/lib/os-release'),
  },
});
/** A definition that names the owner's key as a disk: libvirt itself lets it through. */
const stealKey = (): string => {
  try {
    return virsh('attach-disk', a.name, KEY, 'vdb', '--mode', 'readonly');
  } catch (error) {
    return String(error).slice(-400);
  }
};
say({ step: 'key', answer: stealKey() });

const worker = `${instance}-gpu-worker`;
const broken: Record<string, () => void> = {
  'profile unloaded': () => writeFileSync('/sys/kernel/security/apparmor/.remove', worker),
  'profile only complains': () => run('apparmor_parser', '-C', '-r', '-K', `/etc/apparmor.d/${worker}`),
  'profile replaced by a weaker one': () => {
    writeFileSync('/tmp/weak', `profile ${worker} flags=(attach_disconnected) {\n  /** rwmix,\n  network,\n}\n`);
    run('apparmor_parser', '-r', '-K', '/tmp/weak');
  },
  'rules of domains changed': () => writeFileSync(`/etc/apparmor.d/local/${instance}-domains`, '# nothing\n'),
  'rules of domains not included': () => writeFileSync('/etc/apparmor.d/local/abstractions/libvirt-qemu', ''),
  'a domain only complains': () => run('apparmor_parser', '-C', '-r', '-K', `/etc/apparmor.d/libvirt/${a.label}`),
};
for (const [what, breakIt] of Object.entries(broken)) {
  breakIt();
  const seen = await control();
  const repaired = await applyPolicy(home);
  say({ step: 'broken', what, seen, repaired: repaired.deviations, changes: repaired.changes });
}
const again = await applyPolicy(home);
say({ step: 'again', changes: again.changes });

await restoreHost(home, { exec: localExec, paths: HOST_PATHS });
const after = state();
say({
  step: 'restored',
  differences: differences([...before.loaded, ...before.trees], [...after.loaded, ...after.trees]),
  deviations: await control(),
});
say({ step: 'key-after', answer: stealKey() });
for (const { name } of [a, b]) virsh('destroy', name);
