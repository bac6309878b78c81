import { describe, expect, it } from 'vitest';
import { type HardeningFacts, HOST_PATHS, planHardening } from '../../../src/hardening/index.ts';
import { firewallOf, policyOf } from './policies.ts';

const LIMITS = { cpuCores: 1.5, memoryMiB: 1024 };
const V1 = (name: string) => ({ version: 1 as const, mount: `/sys/fs/cgroup/${name}`, writable: true, enabled: true });

function facts(change: Partial<HardeningFacts> = {}): HardeningFacts {
  return {
    root: true,
    instance: 'logos_12345678',
    homeRoot: '/var/lib/logos',
    paths: HOST_PATHS,
    systemd: false,
    controllers: { cpu: V1('cpu'), memory: V1('memory'), pids: V1('pids'), io: V1('blkio') },
    sysctls: {
      'kernel.kptr_restrict': { value: '0', writable: true },
      'kernel.perf_event_paranoid': { value: '3', writable: true },
      'net.core.bpf_jit_harden': { value: '0', writable: true },
      'fs.suid_dumpable': { value: '2', writable: true },
    },
    files: {},
    nft: { state: 'ready' },
    lsm: ['capability', 'apparmor'],
    controls: {},
    own: [],
    ...change,
  };
}

const plan = (change: Partial<HardeningFacts> = {}, policy: object = {}, limits = LIMITS) =>
  planHardening(policyOf(policy), facts(change), limits, { firewall: firewallOf() });

const codes = (change: Partial<HardeningFacts>, policy: object = {}): string[] =>
  plan(change, policy).blockers.map(({ code }) => code);

describe('plan', () => {
  it('says what changes, from what, to what and why', () => {
    const { changes, blockers } = plan();
    expect(blockers).toEqual([]);
    expect(changes.map(({ kind }) => kind)).toEqual([
      ...Array(4).fill('cgroup'),
      ...Array(3).fill('sysctl'),
      'firewall',
    ]);
    expect(changes[0]).toMatchObject({ from: 'absent', to: expect.stringContaining('cpu.cfs_quota_us=150000') });
    expect(changes[4]).toMatchObject({ what: 'sysctl kernel.kptr_restrict', from: '0', to: '1', why: 'test' });
  });

  it('leaves a host alone that is stricter already', () => {
    expect(plan().changes.some(({ what }) => what.includes('perf_event_paranoid'))).toBe(false);
  });

  it('puts all controllers of cgroup v2 into one group and switches on only what is off', () => {
    const v2 = (enabled: boolean) => ({ version: 2 as const, mount: '/sys/fs/cgroup', writable: true, enabled });
    const { changes, target } = plan({
      controllers: { cpu: v2(false), memory: v2(true), pids: v2(false), io: v2(false) },
    });
    expect(changes[0]).toMatchObject({ kind: 'cgroup-controllers', to: '+cpu +pids +io' });
    expect(target.groups).toHaveLength(1);
    expect(target.cgroupProcs).toEqual(['/sys/fs/cgroup/logos_12345678/cgroup.procs']);
    expect(target.groups[0]?.settings).toContainEqual({ file: 'cpu.max', value: '150000 100000', optional: false });
  });

  it('under systemd gives a slice and a partition in place of groups of its own', () => {
    const { changes, target } = plan({ systemd: true });
    expect(changes.filter(({ kind }) => kind === 'cgroup')).toEqual([]);
    expect(target).toMatchObject({ partition: '/logos_12345678', cgroupProcs: [] });
    expect(target.slice?.content).toContain('CPUQuota=150%\n');
    expect(target.slice?.content).toContain('MemoryMax=1073741824\n');
  });

  it('raises memory and swap together before memory alone, as v1 demands', () => {
    const directory = '/sys/fs/cgroup/memory/logos_12345678';
    const files = {
      [`${directory}/cgroup.procs`]: '',
      [`${directory}/memory.limit_in_bytes`]: '67108864',
      [`${directory}/memory.memsw.limit_in_bytes`]: '67108864',
    };
    const change = plan({ files }).changes.find(({ what }) => what.endsWith(directory));
    expect(change?.kind === 'cgroup' && change.group.settings.map(({ file }) => file)).toEqual([
      'memory.memsw.limit_in_bytes',
      'memory.limit_in_bytes',
    ]);
  });

  it.each([
    ['no root', { root: false }, 'root-needed'],
    ['no nft', { nft: { state: 'missing' as const, reason: 'not installed' } }, 'nft-missing'],
    ['a kernel without nf_tables', { nft: { state: 'unusable' as const, reason: 'no' } }, 'nft-unusable'],
    ['no memory controller', { controllers: { cpu: V1('cpu'), pids: V1('pids') } }, 'limits-not-enforced'],
    [
      'a limit that is accepted and does nothing',
      { enforcement: { cpu: { verdict: 'not-enforced' as const, figure: 'got 98 %' } } },
      'limits-not-enforced',
    ],
    [
      'read-only sysctls',
      { sysctls: { ...facts().sysctls, 'kernel.kptr_restrict': { value: '0', writable: false } } },
      'sysctl-read-only',
    ],
  ])('with %s is blocked by a typed reason', (_what, change, code) => {
    expect(codes(change)).toEqual([code]);
  });

  it('reports by name what the policy does not insist on', () => {
    const change = {
      enforcement: { cpu: { verdict: 'not-enforced' as const, figure: 'a busy loop got 98 %' } },
      nft: { state: 'missing' as const, reason: 'not installed' },
    };
    const { blockers, unsupported } = plan(change, { require: [] });
    expect(blockers).toEqual([]);
    expect(unsupported).toContainEqual({
      feature: 'cgroup-cpu',
      reason: 'accepted but not enforced: a busy loop got 98 %',
    });
    expect(unsupported).toContainEqual({ feature: 'firewall', reason: 'not installed' });
  });

  it('reports security modules, absent or present, and never passes over them', () => {
    const reasons = (lsm?: string[]) =>
      Object.fromEntries(plan({ lsm }).unsupported.map(({ feature, reason }) => [feature, reason]));
    expect(reasons(['capability', 'apparmor'])).toMatchObject({
      apparmor: expect.stringContaining('asks nothing of it'),
      selinux: expect.stringContaining('not among'),
    });
    expect(reasons()).toMatchObject({
      apparmor: expect.stringContaining('is absent'),
      selinux: expect.stringContaining('is absent'),
    });
  });

  it('takes a value that is locked until the next boot as it is', () => {
    const name = 'kernel.unprivileged_bpf_disabled';
    const { blockers, unsupported, changes } = plan(
      { sysctls: { [name]: { value: '1', writable: true } } },
      { sysctls: [{ name, value: '2', why: 'test' }] },
    );
    expect(blockers).toEqual([]);
    expect(changes.some(({ kind }) => kind === 'sysctl')).toBe(false);
    expect(unsupported).toContainEqual({ feature: `sysctl:${name}`, reason: expect.stringContaining('next boot') });
  });

  it('takes back what an earlier policy changed and this one does not ask for', () => {
    const own = [{ id: 'a', kind: 'sysctl', target: '/proc/sys/vm/swappiness' }];
    expect(plan({ own }).changes.at(-1)).toMatchObject({ kind: 'revert', id: 'a' });
  });

  it.each([
    { cpuCores: 0, memoryMiB: 1024 },
    { cpuCores: Number.NaN, memoryMiB: 1024 },
    { cpuCores: 1, memoryMiB: 1 },
  ])('refuses to lend $cpuCores cores and $memoryMiB MiB', (limits) => {
    expect(() => plan({}, {}, limits)).toThrow(expect.objectContaining({ code: 'owner-limits-invalid' }));
  });
});
