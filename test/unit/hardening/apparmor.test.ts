import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAppArmor, renderDomainRules, renderProfiles, renderTrial } from '../../../src/hardening/apparmor.ts';
import { apparmor } from '../../../src/hardening/controls/apparmor.ts';
import { readLoaded } from '../../../src/hardening/controls/apparmor-look.ts';
import { HOST_PATHS, type KernelFiles } from '../../../src/hardening/index.ts';
import { cases } from '../../cases.ts';
import { bytes } from './policies.ts';

const SEED = readFileSync(join(import.meta.dirname, '../../../chain/seed/security/host-apparmor.json'));
const domainRule = (rule: object): Uint8Array =>
  bytes({ version: 1, domains: [{ why: 'test', ...rule }], profiles: [] });
const profile = (change: object): Uint8Array =>
  bytes({ version: 1, domains: [], profiles: [{ name: 'gpu-worker', why: 'test', allow: [], deny: [], ...change }] });
const refused = expect.objectContaining({ code: 'policy-invalid' });

describe('AppArmor policy', () => {
  it.each([
    ['an allowance for guests', domainRule({ allow: true, paths: ['/etc/shadow'], access: 'rw' })],
    ['a path that ends its rule', domainRule({ paths: ['/x" rw,\n/** rwx, "'], access: 'rw' })],
    ['a path that climbs', domainRule({ paths: ['/var/lib/../../etc'], access: 'rw' })],
    ['a relative path', domainRule({ paths: ['etc/shadow'], access: 'rw' })],
    ['a variable of the parser', domainRule({ paths: ['/home/@{HOME}/x'], access: 'rw' })],
    ['a capability with a tail', domainRule({ capabilities: ['net_raw,\n  mount'] })],
    ['an unknown network', domainRule({ networks: ['inet stream peer=(label=unconfined)'] })],
    ['a program of the owner', profile({ name: 'firefox' })],
    ['a path to attach to', profile({ attach: '/usr/bin/firefox' })],
    ['flags', profile({ flags: 'unconfined' })],
    ['every file at once', domainRule({ paths: ['/**'], access: 'rwx' })],
    ['disks of the owner’s machines', domainRule({ paths: ['/home/*/machines/**'], access: 'rwx' })],
    ['what an emulator works with', domainRule({ paths: ['/etc/**'], access: 'rw' })],
    ['a device that an emulator needs', domainRule({ paths: ['/dev/kvm'], access: 'rw' })],
    ['every file for a program', profile({ allow: [{ paths: ['/**'], access: 'r', why: 'test' }] })],
    ['a program that writes programs', profile({ allow: [{ paths: ['/usr/bin/x'], access: 'rw', why: 'test' }] })],
    ['a right of root for a program', profile({ allow: [{ capabilities: ['sys_admin'], why: 'test' }] })],
    ['the network for a program', profile({ allow: [{ networks: ['inet'], why: 'test' }] })],
    ['a program that leaves the profile', profile({ allow: [{ paths: ['/bin/sh'], access: 'rUx', why: 'test' }] })],
  ])('refuses %s', (_what, text) => {
    expect(() => parseAppArmor(text)).toThrow(refused);
  });

  it('gives profiles no path to attach to, and logs what it denies', () => {
    const definition = parseAppArmor(SEED);
    const profiles = renderProfiles(definition, 'logos_x');
    expect(Object.keys(profiles)).toEqual(['logos_x-gpu-worker']);
    for (const [name, text] of Object.entries(profiles))
      expect(text).toContain(`\nprofile ${name} flags=(attach_disconnected) {\n`);
    expect(renderDomainRules(definition)).toContain('\n  audit deny capability net_raw,\n');
    expect(renderTrial(definition, 'logos_x').match(/^profile /gm)).toHaveLength(2);
  });

  it('renders nothing but comments and rules of its own, whatever it is given', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('/a"', '/a,\n/** rwx', '/{a,b}/**', '/a b'),
    );
    fc.assert(
      fc.property(texts, texts, (path, why) => {
        let definition: ReturnType<typeof parseAppArmor>;
        try {
          definition = parseAppArmor(domainRule({ paths: [path], access: 'rw', why }));
        } catch {
          return;
        }
        const [, , ...rules] = renderDomainRules(definition).trimEnd().split('\n');
        expect(rules).toEqual([`  audit deny "${path}" mrwkl,`]);
      }),
      { numRuns: cases(300) },
    );
  });
});

describe('AppArmor control', () => {
  const instance = 'logos_x';
  const artifacts = new Map([['host-apparmor', new Uint8Array(SEED)]]);
  const empty = { active: true, hook: true, texts: {}, loaded: {}, compiled: {}, emulators: [] };
  const plan = (facts: object) =>
    apparmor.plan({
      ...{
        config: {},
        facts,
        paths: HOST_PATHS,
        instance,
        artifacts,
        own: new Set<string>(),
        agreed: new Set<string>(),
      },
    });
  const target = plan(empty).target as { files: Record<string, string>; profiles: Record<string, string>; hook: never };
  const hook = target.hook as { path: string; line: string };
  const digests = Object.fromEntries(Object.keys(target.profiles).map((name) => [name, `digest of ${name}`]));
  const asWanted = {
    ...empty,
    texts: {
      ...Object.fromEntries(Object.entries(target.files).map(([path, text]) => [path, text.trim()])),
      [hook.path]: `# the owner's\n/dev/video0 rw,\n${hook.line}`,
    },
    loaded: Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, { mode: 'enforce', digest }])),
    compiled: digests,
  };

  it('tries the policy, writes files, keeps the owner’s additions, and loads', () => {
    const { steps } = plan({ ...empty, texts: { [hook.path]: '/dev/video0 rw,' } });
    expect(steps.map((step) => (step.do === 'file' || step.do === 'append' ? step.path : step.do))).toEqual([
      'run',
      ...Object.keys(target.files),
      hook.path,
      'run',
    ]);
    expect(steps.find((step) => step.do === 'append')).toMatchObject({ path: hook.path, text: `${hook.line}\n` });
  });

  it('has nothing to do where all of it holds', () => {
    expect(apparmor.check(target as never, asWanted)).toMatchObject({ state: 'held' });
    expect(plan(asWanted).steps).toEqual([]);
  });

  const worker = `${instance}-gpu-worker`;
  it('is held to names and modes by a kernel that keeps no text of any profile, and only by such a one', () => {
    const mute = { mode: 'enforce', digest: '' };
    const loaded = Object.fromEntries(Object.keys(asWanted.loaded).map((name) => [name, mute]));
    expect(apparmor.check(target as never, { ...asWanted, loaded })).toMatchObject({ state: 'held' });
    const one = { ...loaded, sshd: { mode: 'enforce', digest: 'abc' } };
    expect(apparmor.check(target as never, { ...asWanted, loaded: one })).toMatchObject({ state: 'not-held' });
  });

  it.each(['raw_sha1', 'raw_sha256'])('is read where the kernel keeps %s', async (kept) => {
    const kernel: Record<string, string> = { name: worker, mode: 'enforce', [kept]: 'abc' };
    const files = { directories: async () => ['/p'], read: async (path: string) => kernel[path.slice('/p/'.length)] };
    expect(await readLoaded(files as unknown as KernelFiles, HOST_PATHS)).toEqual({
      [worker]: { mode: 'enforce', digest: 'abc' },
    });
  });

  it.each([
    ['no AppArmor in the kernel', { active: false }],
    ['a profile of another text', { compiled: { ...digests, [worker]: 'another' } }],
    [
      'a profile that complains',
      { loaded: { ...asWanted.loaded, [worker]: { mode: 'complain', digest: digests[worker] } } },
    ],
    ['a qemu.conf that confines nobody', { off: 'your qemu.conf names no security driver' }],
    ['a domain that nothing confines', { emulators: [{ domain: 'a', pid: '1', label: 'unconfined', ours: true }] }],
  ])('does not hold with %s', (_what, change) => {
    expect(apparmor.check(target as never, { ...asWanted, ...change })).toMatchObject({ state: 'not-held' });
  });

  it('says nothing against a machine of the owner’s that nothing confines', () => {
    const emulators = [{ domain: 'mine', pid: '1', label: 'unconfined', ours: false }];
    const verdict = apparmor.check(target as never, { ...asWanted, emulators });
    expect(verdict).toMatchObject({ state: 'held', detail: expect.stringContaining('yours: mine') });
  });

  it('is refused when its artefact is missing, and unsupported on a kernel without it', () => {
    const input = { config: {}, paths: HOST_PATHS, instance, own: new Set<string>(), agreed: new Set<string>() };
    expect(apparmor.plan({ ...input, facts: empty, artifacts: new Map() }).refused).toContain('host-apparmor');
    expect(plan({ ...empty, active: false }).unsupported).toContain('without AppArmor');
  });
});
