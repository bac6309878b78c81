import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFirewall, parseHostPolicy, systemdSandbox } from '../../../src/hardening/index.ts';
import { meets } from '../../../src/hardening/policy.ts';
import { refusedSysctl } from '../../../src/hardening/sysctl-names.ts';
import { cases } from '../../cases.ts';
import { bytes, POLICY, policyOf } from './policies.ts';

const withSysctl = (name: string, value: string): Uint8Array =>
  bytes({ ...POLICY, sysctls: [{ name, value, why: 'test' }] });
const seed = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../../../chain/seed/security', name));

describe('host policy', () => {
  it('accepts the one that ships with the development chain', () => {
    expect(parseHostPolicy(seed('host-policy.json')).firewall).toBe('host-firewall');
    expect(parseFirewall(seed('host-firewall.json')).rules.length).toBeGreaterThan(5);
  });

  it.each([
    ['not JSON', new TextEncoder().encode('{')],
    ['an unknown key', bytes({ ...POLICY, run: '/bin/sh' })],
    ['an unknown version', bytes({ ...POLICY, version: 2 })],
    ['a sysctl named twice', bytes({ ...POLICY, sysctls: [POLICY.sysctls[0], POLICY.sysctls[0]] })],
    ['a directive that starts a program', bytes({ ...POLICY, sandbox: { ng: { ExecStartPre: '/bin/sh' } } })],
    [
      'a directive with a second line',
      bytes({ ...POLICY, sandbox: { ng: { CapabilityBoundingSet: 'CAP_X\nUser=root' } } }),
    ],
    ['a required feature nobody knows', bytes({ ...POLICY, require: ['cgroup-luck'] })],
  ])('refuses %s', (_what, document) => {
    expect(() => parseHostPolicy(document)).toThrow(expect.objectContaining({ code: 'policy-invalid', exitCode: 3 }));
  });

  it.each([
    ['kernel.core_pattern', '1'],
    ['kernel.modprobe', '1'],
    ['fs.binfmt_misc.register', '1'],
    ['kernel.unprivileged_bpf_disabled', '1'],
    ['kernel.kexec_load_disabled', '1'],
    ['net.ipv4.ip_forward', '0'],
    ['net.ipv6.conf.all.disable_ipv6', '1'],
    ['vm.drop_caches', '3'],
    ['vm.min_free_kbytes', '99999999'],
    ['kernel.../../etc/passwd', '1'],
    ['kernel/kptr_restrict', '1'],
    ['dev.raid.speed_limit_max', '1'],
    ['fs.epoll.max_user_watches', '0'],
    ['kernel.pty.max', '0'],
    ['net.ipv4.conf.all.route_localnet', '1'],
    ['kernel.randomize_va_space', '0'],
    ['kernel.yama.ptrace_scope', '0'],
    ['kernel.yama.ptrace_scope', '3'],
    ['fs.suid_dumpable', '1'],
    ['vm.mmap_min_addr', '0'],
    ['kernel.tainted', '1'],
    ['kernel.kptr_restrict', '1'], // a host with 2 would be weakened
    ['kernel.kptr_restrict', '1; reboot'],
    ['kernel.kptr_restrict', '/bin/sh'],
    ['kernel.kptr_restrict', '1\n2'],
  ])('refuses to set %s to %s', (name, value) => {
    expect(() => parseHostPolicy(withSysctl(name, value))).toThrow(expect.objectContaining({ code: 'policy-invalid' }));
  });

  it('lets a stricter host be, and takes a weaker value nowhere', () => {
    const refused = (...rule: Parameters<typeof refusedSysctl>): boolean => refusedSysctl(...rule) !== undefined;
    expect(refused('kernel.kptr_restrict', '1', 'at-least')).toBe(false);
    expect(refused('kernel.kptr_restrict', '2', 'equal')).toBe(false);
    expect(refused('kernel.kptr_restrict', '2', 'at-most')).toBe(true);
    expect(refused('fs.suid_dumpable', '0', 'at-most')).toBe(false);
    expect(refused('constructor', '0')).toBe(true);
  });

  it('lets a unit take no value that opens or stops it', () => {
    const asked = (directives: object): Uint8Array => bytes({ ...POLICY, sandbox: { ngd: directives } });
    for (const directives of [
      { UMask: '0000' },
      { MemoryDenyWriteExecute: 'yes' },
      { SystemCallFilter: '@clock' },
      { RestrictNamespaces: 'net all' },
    ])
      expect(() => parseHostPolicy(asked(directives))).toThrow(expect.objectContaining({ code: 'policy-invalid' }));
    expect(parseHostPolicy(asked({ RestrictNamespaces: 'net mnt' })).sandbox.ngd).toEqual({
      RestrictNamespaces: 'net mnt',
    });
  });

  it('never lets a name out of the four namespaces', () => {
    const piece = fc.oneof(
      fc.constantFrom('.', '/', '..', 'kernel', 'net', 'vm', 'fs', '\n', '%', '-'),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const name = pieces.join('');
        if (refusedSysctl(name, '1') !== undefined) return;
        const path = join('/proc/sys', ...name.split('.'));
        expect(path).toMatch(/^\/proc\/sys\/(kernel|net|vm|fs)\/[a-z0-9/_-]+$/);
      }),
      { numRuns: cases(2000) },
    );
  });

  it('compares numbers where the policy asks for a least or a most, and white space nowhere', () => {
    expect(meets({ value: '2', compare: 'at-least' }, '10')).toBe(true);
    expect(meets({ value: '2', compare: 'at-least' }, '1')).toBe(false);
    expect(meets({ value: '2', compare: 'at-most' }, '10')).toBe(false);
    expect(meets({ value: '1 2 3', compare: 'equal' }, '1\t2\t3')).toBe(true);
  });
});

describe('sandbox', () => {
  it('gives the service its directives, the slice, and its home as the only path of our own', () => {
    const { sandbox } = policyOf();
    expect(systemdSandbox(sandbox, 'ngd', { slice: 'logos_1.slice', homeRoot: '/srv/my "home"%' })).toEqual({
      NoNewPrivileges: 'yes',
      Slice: 'logos_1.slice',
      ReadWritePaths: '"-/srv/my \\"home\\"%%"',
    });
  });
});
