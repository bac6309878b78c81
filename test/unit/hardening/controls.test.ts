import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { polkitRules } from '../../../src/hardening/controls/polkit-rules.ts';
import { CONTROLS } from '../../../src/hardening/controls/registry.ts';
import {
  CONTROL_TEXTS,
  checkAgreed,
  hardenHost,
  isOneWay,
  planHost,
  reportControls,
  restoreHost,
  verifyPlan,
} from '../../../src/hardening/index.ts';
import { newDvmUuid } from '../../../src/system/dvm-uuid.ts';
import { cases } from '../../cases.ts';
import { makeTree, type Tree } from './fake-kernel.ts';
import { bytes, POLICY } from './policies.ts';

const CONTROLS_ASKED = {
  swap: {},
  ksm: {},
  smt: { mode: 'off' },
  'cpu-vulnerabilities': { refuse: ['meltdown'] },
  'libvirt-access': { others: ['getattr', 'read'] },
  lockdown: { mode: 'ask' },
  kexec: { mode: 'ask' },
};
const TARGET = { path: '/x', mode: 'off', thrown: true };
const LIMITS = { cpuCores: 1, memoryMiB: 256 };
const KSM = 'sys/kernel/mm/ksm/run';

let tree: Tree;
const at = (path: string): string => join(dirname(tree.paths.sys), path);
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
};

beforeEach(async () => {
  tree = await makeTree({ cgroup: 2, systemd: true });
  await put(KSM, '1\n');
  await put('sys/devices/system/cpu/smt/control', 'on\n');
  await put('sys/devices/system/cpu/smt/active', '1\n');
  await put('sys/devices/system/cpu/vulnerabilities/meltdown', 'Mitigation: PTI\n');
  await put('sys/devices/system/cpu/vulnerabilities/mds', 'Vulnerable: no microcode\n');
  await put('proc/sys/kernel/kexec_load_disabled', '0\n');
  await put('proc/swaps', 'Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n');
  await put('etc/libvirt/libvirtd.conf', '# as Debian ships it\n#access_drivers = [ "polkit" ]\n');
  await mkdir(at('etc/polkit-1/rules.d'), { recursive: true });
});
afterEach(() => tree.remove());

const policy = (controls: object = CONTROLS_ASKED): Uint8Array => bytes({ ...POLICY, firewall: undefined, controls });
const plan = (agreed: string[] = [], controls?: object) =>
  planHost({ ...tree, source: { policy: policy(controls) }, limits: LIMITS, probe: false, agreed });
const apply = async (agreed: string[] = []) => hardenHost(await plan(agreed), tree);
const states = async (applied: Awaited<ReturnType<typeof apply>>['applied']) =>
  Object.fromEntries(
    (await reportControls(applied, await verifyPlan(applied, tree), tree)).map(({ control, state }) => [
      control,
      state,
    ]),
  );

describe('controls', () => {
  it('each say what they mean for the owner and what they leave alone', () => {
    expect(new Set(CONTROL_TEXTS.map(({ name }) => name)).size).toBe(CONTROL_TEXTS.length);
    for (const { owner, leaves, title } of CONTROL_TEXTS)
      for (const text of [owner, leaves, title]) expect(text.length).toBeGreaterThan(15);
  });

  it('throw no switch because an ordinary sysctl of the policy lies under its path', async () => {
    await put('proc/sys/kernel/yama/ptrace_scope', '0\n');
    const sysctls = [{ name: 'kernel.yama.ptrace_scope', value: '1', compare: 'at-least', why: 'as a rule' }];
    const asked = bytes({ ...POLICY, firewall: undefined, sysctls, controls: { ptrace: { mode: 'ask' } } });
    const again = () => planHost({ ...tree, source: { policy: asked }, limits: LIMITS, probe: false });
    await hardenHost(await again(), tree);
    const { changes, oneWay } = await again();
    expect(changes).toEqual([]);
    expect(oneWay.map(({ name }) => name)).toEqual(['ptrace']);
  });

  it('are planned from what is there, hold once applied, and a second run changes nothing', async () => {
    const { applied, deviations } = await apply();
    // SMT's `active` follows its switch in a kernel, and nothing follows in a tree.
    expect(deviations.map(({ target }) => target)).toEqual(['smt']);
    await put('sys/devices/system/cpu/smt/active', '0\n');
    expect(await states(applied)).toMatchObject({
      limits: 'held',
      swap: 'held',
      ksm: 'held',
      smt: 'held',
      'cpu-vulnerabilities': 'reported',
      'libvirt-access': 'held',
      kexec: 'reported',
      lockdown: 'unsupported',
      modules: 'not-asked',
    });
    expect((await plan()).changes).toEqual([]);
  });

  it.each([
    ['ksm', KSM, '1'],
    ['smt', 'sys/devices/system/cpu/smt/active', '1'],
    ['cpu-vulnerabilities', 'sys/devices/system/cpu/vulnerabilities/meltdown', 'Vulnerable'],
    ['libvirt-access', 'etc/libvirt/libvirtd.conf', '# all gone'],
    ['libvirt-access', 'etc/libvirt/qemu.conf', 'user = "root"'],
  ])('%s does not hold once %s is another', async (name, file, text) => {
    const { applied } = await apply();
    await put('sys/devices/system/cpu/smt/active', '0\n');
    expect(await verifyPlan(applied, tree)).toEqual([]);
    await put(file, text);
    expect(await verifyPlan(applied, tree)).toMatchObject([{ code: 'control-not-held', target: name }]);
  });

  it('leave memory merged where there is too little to take it apart', async () => {
    await put('sys/kernel/mm/ksm/pages_sharing', '1000000\n');
    await put('proc/meminfo', 'MemTotal: 16000000 kB\nMemAvailable: 4000000 kB\n');
    const { applied } = await apply();
    expect((await readFile(at(KSM), 'utf8')).trim()).toBe('0');
    expect((await states(applied)).ksm).toBe('held');
    expect((await plan()).changes).toEqual([]);
  });

  it('are undone exactly, and by a later policy that does not ask for them', async () => {
    const before = await tree.snapshot();
    await apply();
    expect(await tree.snapshot()).not.toEqual(before);
    const rest = await plan([], {});
    expect(rest.changes.filter(({ kind }) => kind === 'revert').map(({ what }) => what.split(' ')[0])).toEqual(
      expect.arrayContaining(['control-value', 'control-file', 'libvirtd-restart']),
    );
    await restoreHost(tree.home, tree);
    expect(await tree.snapshot()).toEqual(before);
  });

  it('are undone exactly wherever the run stopped', async () => {
    const before = await tree.snapshot();
    for (let last = 1; ; last++) {
      let effects = 0;
      // Nothing that is asked for after the last effect happens: the process is gone.
      const counted =
        <A extends unknown[], R>(effect: (...args: A) => Promise<R>) =>
        (...args: A): Promise<R> =>
          ++effects > last ? Promise.reject(new Error('killed')) : effect(...args);
      const files = {
        ...tree.files,
        write: counted(tree.files.write),
        makeDirectory: counted(tree.files.makeDirectory),
      };
      const dying = { ...tree, files, exec: counted(tree.exec) };
      const ended = await hardenHost(await plan(['kexec']), dying).then(
        () => true,
        () => false,
      );
      await restoreHost(tree.home, tree);
      await put('proc/sys/kernel/kexec_load_disabled', '0\n');
      expect(await tree.snapshot(), `stopped after ${last} effects`).toEqual(before);
      if (ended) break;
      expect(last).toBeLessThan(100);
    }
  });

  it('throw a one-way switch only when it is named, and say that it stays', async () => {
    const unasked = await plan();
    expect(unasked.oneWay.map(({ name }) => name)).toEqual(['kexec']);
    expect(() => checkAgreed(unasked, ['modules'])).toThrow(/no one-way switch modules/);
    expect(() => checkAgreed(unasked, ['ksm'])).toThrow(/no one-way switch ksm/);
    const agreed = await plan(['kexec']);
    checkAgreed(agreed, ['kexec']);
    expect(agreed.oneWay).toEqual([]);
    const { applied } = await hardenHost(agreed, tree);
    expect((await states(applied)).kexec).toBe('held');
    // After a boot it is thrown again: the owner has agreed once.
    await put('proc/sys/kernel/kexec_load_disabled', '0\n');
    expect((await plan()).changes).toMatchObject([{ kind: 'control', control: 'kexec' }]);
    const { undone } = await restoreHost(tree.home, tree);
    expect(undone.filter(isOneWay).map(({ target }) => target)).toEqual([at('proc/sys/kernel/kexec_load_disabled')]);
  });

  it('can be insisted on: the host is refused without them', async () => {
    await put('sys/devices/system/cpu/vulnerabilities/meltdown', 'Vulnerable\n');
    const { blockers } = await plan([], { ...CONTROLS_ASKED, kexec: { mode: 'require' } });
    expect(blockers.map(({ code }) => code)).toEqual(
      process.getuid?.() === 0 ? ['control-refused', 'one-way-not-agreed'] : ['root-needed'],
    );
  });

  it('take no part of a policy that is not in their form', async () => {
    for (const wrong of [
      { ksm: { run: 1 } },
      { nothing: {} },
      { smt: { mode: 'forceoff' } },
      { 'libvirt-access': { others: ['stop'] } },
      { 'libvirt-access': { others: [], prefix: '' } },
    ])
      await expect(plan([], wrong)).rejects.toMatchObject({ code: 'policy-invalid' });
  });

  it('judge any facts without throwing', () => {
    for (const { check, target: schema, name } of CONTROLS) {
      if (!['ksm', 'smt', 'cpu-vulnerabilities', 'swap', 'kexec', 'lockdown'].includes(name)) continue;
      fc.assert(
        fc.property(
          fc.dictionary(fc.constantFrom('run', 'control', 'active', 'text', 'limit', 'mds'), fc.string()),
          (facts) => {
            const target = schema.parse(name === 'cpu-vulnerabilities' ? { refuse: ['mds'] } : TARGET);
            expect(['held', 'reported', 'not-held', 'unsupported']).toContain(
              check(target, { devices: [], ...facts }).state,
            );
          },
        ),
        { numRuns: cases(50) },
      );
    }
  });
});

describe('the rules for polkit', () => {
  /** Runs the file as polkit does, and gives its answer. */
  function answer(others: Parameters<typeof polkitRules>[0], action: string, details: Record<string, string>): string {
    let rule: ((action: object, subject: object) => string) | undefined;
    const polkit = {
      Result: { YES: 'yes', NO: 'no', NOT_HANDLED: 'not handled' },
      addRule: (given: typeof rule) => {
        rule = given;
      },
    };
    runInNewContext(polkitRules(others), { polkit });
    return rule?.({ id: action, lookup: (name: string) => details[name] }, {}) ?? 'no rule';
  }
  const [OURS, THEIRS] = [newDvmUuid(), '2d3f0f5e-6c0a-4a58-9d3c-0c5f5d6c1b1a'];

  it.each([
    ['org.libvirt.api.domain.stop', THEIRS, 'yes'],
    ['org.libvirt.api.domain.stop', OURS, 'no'],
    ['org.libvirt.api.domain.read', OURS, 'yes'],
    ['org.libvirt.api.domain.read-secure', OURS, 'no'],
    ['org.libvirt.api.domain-snapshot.getattr', OURS, 'no'],
    ['org.libvirt.api.network.write', '', 'yes'],
    ['org.libvirt.api.connect.write', '', 'yes'],
    ['org.libvirt.unix.manage', '', 'not handled'],
    ['org.freedesktop.login1.reboot', '', 'not handled'],
  ])('%s on %s', (action, uuid, expected) => {
    expect(answer(['getattr', 'read'], action, uuid === '' ? {} : { domain_uuid: uuid })).toBe(expected);
  });

  it('tell a machine of the region by its UUID, whatever it is called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (name) => {
        const ask = (uuid: string): string =>
          answer([], 'org.libvirt.api.domain.stop', { domain_name: name, domain_uuid: uuid });
        expect([ask(newDvmUuid()), ask(THEIRS)]).toEqual(['no', 'yes']);
      }),
      { numRuns: cases(50) },
    );
  });

  it('are about UUIDs as RFC 9562 has them', () => {
    expect(newDvmUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newDvmUuid()).not.toBe(newDvmUuid());
  });
});
