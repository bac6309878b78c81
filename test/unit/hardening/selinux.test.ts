import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selinux } from '../../../src/hardening/controls/selinux.ts';
import { HOST_PATHS } from '../../../src/hardening/index.ts';
import { parseSelinux, renderModule } from '../../../src/hardening/selinux.ts';
import { accessKey, rulesIn } from '../../../src/hardening/selinux-access.ts';
import { cases } from '../../cases.ts';
import { bytes } from './policies.ts';

const SEED = readFileSync(join(import.meta.dirname, '../../../chain/seed/security/host-selinux.json'));
const definition = parseSelinux(SEED);
const withRule = (change: object): Uint8Array =>
  bytes({
    ...definition,
    allow: [{ source: 'svirt_t', target: 'sysfs_t', class: 'file', permissions: ['read'], why: 'test', ...change }],
  });
const refused = expect.objectContaining({ code: 'policy-invalid' });

describe('SELinux policy', () => {
  it.each([
    ['a right to write', { permissions: ['read', 'write'] }],
    ['passwords', { target: 'shadow_t' }],
    ['the owner’s files', { target: 'user_home_t' }],
    ['the memory of the machine', { target: 'memory_device_t' }],
    ...['xdg_documents_t', 'data_home_t', 'gnome_home_t', 'user_tmp_t', 'nfs_t', 'proc_kcore_t', 'virt_var_lib_t'].map(
      (target): [string, object] => [target, { target, permissions: ['open', 'read'] }],
    ),
    ['a subject that is not libvirt’s', { source: 'unconfined_t' }],
    ['an attribute in place of a type', { target: 'file_type' }],
    ['a class that every object has', { class: 'constructor', permissions: ['length'] }],
    ['a capability', { target: 'self', class: 'capability', permissions: ['sys_admin'] }],
    ['eBPF for a guest', { target: 'self', class: 'bpf', permissions: ['prog_load'] }],
    ['a change of domain', { target: 'unconfined_t', class: 'process', permissions: ['transition'] }],
    ['the bus for a guest', { target: 'systemd_logind_t', class: 'dbus', permissions: ['send_msg'] }],
    ['a type that closes its bracket', { target: 'a_t) (typepermissive svirt_t) (allow x_t' }],
  ])('refuses %s', (_what, change) => {
    expect(() => parseSelinux(withRule(change))).toThrow(refused);
  });

  it('turns booleans off and never on, and labels nothing but our own directories', () => {
    const boolean = { name: 'virt_use_usb', value: true, why: 'test' };
    expect(() => parseSelinux(bytes({ ...definition, booleans: [boolean] }))).toThrow(refused);
    for (const directory of ['/etc', '/var/lib/logos/../../etc', '/var/lib/logos', '/home/owner'])
      expect(() =>
        parseSelinux(bytes({ ...definition, labels: [{ directory, type: 'virt_image_t', why: 'test' }] })),
      ).toThrow(refused);
  });

  it('renders rules that can be read back, and one statement a line', () => {
    const text = renderModule(definition, 'logos_x_guests');
    expect(rulesIn(text).map(accessKey)).toEqual(definition.allow.map(accessKey));
    for (const line of text.trim().split('\n').slice(1))
      expect(line).toMatch(
        /^\(optional logos_x_guests_\d+ \((?:allow \w+ \w+ \(\w+ \([\w ]+\)\)|filecon "[^"]+" any \(.*\))\)\)$/,
      );
  });

  it('takes any text for a type and a class without letting a statement through', () => {
    const word = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('sysfs_t', 'self', 'file', 'a_t) (x'));
    fc.assert(
      fc.property(word, word, fc.array(word, { maxLength: 3 }), (target, name, permissions) => {
        try {
          const parsed = parseSelinux(withRule({ target, class: name, permissions }));
          expect(rulesIn(renderModule(parsed, 'logos_x_guests'))).toHaveLength(1);
        } catch (error) {
          expect(error).toEqual(refused);
        }
      }),
      { numRuns: cases(300) },
    );
  });
});

describe('SELinux control', () => {
  const artifacts = new Map([['host-selinux', new Uint8Array(SEED)]]);
  const nothing = { mode: 'enforcing', booleans: {}, answers: {}, labels: {}, emulators: [] };
  const plan = (facts: object) =>
    selinux.plan({
      ...{ config: {}, facts, paths: HOST_PATHS, instance: 'logos_x', artifacts },
      ...{ own: new Set<string>(), agreed: new Set<string>() },
    });
  const target = plan(nothing).target as { module: { text: string; name: string }; deny: never[] };
  const images = '/var/lib/logos/cache/guest';
  const asWanted = {
    ...nothing,
    text: target.module.text.trim(),
    stored: '',
    answers: {
      ...Object.fromEntries(definition.allow.map((rule) => [accessKey(rule), 'all'])),
      ...Object.fromEntries(definition.deny.map((rule) => [accessKey(rule), 'none'])),
    },
    booleans: { virt_use_usb: false },
    labels: { [images]: 'system_u:object_r:virt_image_t:s0' },
  };
  const emulator = (domain: string, label: string) => ({ domain, pid: '1', label, ours: domain !== 'mine' });
  const svirt = 'system_u:system_r:svirt_t:s0';

  it('installs the module, turns booleans off and labels our images', () => {
    const facts = {
      ...nothing,
      booleans: { virt_use_usb: true },
      labels: { [images]: 'system_u:object_r:var_lib_t:s0' },
    };
    expect(plan(facts).steps.map(({ what }) => what)).toEqual([
      '/var/lib/selinux/logos_x_guests.cil',
      'SELinux module logos_x_guests',
      'SELinux boolean virt_use_usb',
      `context of ${images}`,
    ]);
  });

  it('has nothing to do where all of it holds', () => {
    expect(selinux.check(target as never, asWanted)).toMatchObject({ state: 'held' });
    expect(plan(asWanted).steps).toEqual([]);
  });

  const [first] = definition.deny;
  it.each([
    ['a kernel that only warns', { mode: 'permissive' }],
    ['no module in the store', { stored: undefined }],
    ['another module in the store', { stored: 'f'.repeat(64) }],
    [
      'a right that the kernel lost',
      { answers: { ...asWanted.answers, [accessKey(definition.allow[0] as never)]: 'none' } },
    ],
    ['a right that the kernel grants', { answers: { ...asWanted.answers, [accessKey(first as never)]: 'some' } }],
    ['a boolean that is on', { booleans: { virt_use_usb: true } }],
    ['another label', { labels: { [images]: 'system_u:object_r:var_lib_t:s0' } }],
    ['a qemu.conf that confines nobody', { off: 'your qemu.conf names no security driver' }],
    ['a domain without a label', { emulators: [emulator('a', 'system_u:system_r:virtd_t:s0')] }],
    [
      'domains that share categories',
      { emulators: [emulator('a', `${svirt}:c1,c2`), emulator('mine', `${svirt}:c1,c2`)] },
    ],
  ])('does not hold with %s', (_what, change) => {
    expect(selinux.check(target as never, { ...asWanted, ...change })).toMatchObject({ state: 'not-held' });
  });

  it('leaves a host alone that only warns', () => {
    expect(plan({ ...nothing, mode: 'permissive' })).toMatchObject({
      steps: [],
      unsupported: expect.stringContaining('warns'),
    });
  });
});
