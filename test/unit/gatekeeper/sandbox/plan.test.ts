import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin } from '../../../../src/gatekeeper/sandbox/paths.ts';
import { FILES_AT, type HostFacts, planRun, type RunParts } from '../../../../src/gatekeeper/sandbox/plan.ts';
import { type SandboxMembers, sandboxOf } from '../../../../src/gatekeeper/sandbox/spec.ts';

const FACTS: HostFacts = {
  programs: [{ path: '/usr' }, { path: '/bin', target: 'usr/bin' }],
  settings: [{ path: '/etc/passwd' }, { path: '/etc/localtime', target: '/usr/share/zoneinfo/UTC' }],
  home: '/root',
  hidden: ['/var/lib/logos'],
  isRoot: true,
};
const PARTS: RunParts = {
  program: '/usr/bin/tool',
  args: ['verb', '--option=x'],
  files: '/var/lib/logos/gatekeeper/runs/1/files',
  startInFiles: false,
  read: [],
  write: [],
  sockets: [],
  devices: [],
  besides: [],
  programFile: [],
  credentials: [],
  keep: [],
  variables: {},
  resolver: [],
};

const plan = (members: SandboxMembers = {}, parts: Partial<RunParts> = {}, facts: Partial<HostFacts> = {}) =>
  planRun(sandboxOf({}, members), { ...FACTS, ...facts }, { ...PARTS, ...parts });

interface Mount {
  readonly how: string;
  readonly source?: string;
  readonly at: string;
}

/** The options that put something somewhere, in their order. */
function mounts(options: readonly string[]): Mount[] {
  const found: Mount[] = [];
  for (let at = 0; at < options.length; at += 1) {
    const how = options[at] ?? '';
    const [one = '', two = ''] = options.slice(at + 1, at + 3);
    if (/^--(?:ro-bind(?:-try)?|bind|dev-bind)$/.test(how)) found.push({ how, source: one, at: two });
    else if (/^--(?:tmpfs|proc|dev|remount-ro)$/.test(how)) found.push({ how, at: one });
    // Values of variables may look like options.
    if (['--setenv', '--symlink'].includes(how)) at += 2;
  }
  return found;
}

/** What a path shows in the end: the last mount at or above it. */
const effective = (options: readonly string[], path: string) =>
  mounts(options).findLast(({ how, at }) => how !== '--remount-ro' && isWithin(path, at));

const has = (options: readonly string[], ...words: string[]) =>
  ` ${options.join(' ')} `.includes(` ${words.join(' ')} `);

describe('the plan of a run', () => {
  it('always separates, and takes every right away', () => {
    const { options, command } = plan();
    for (const flag of [
      '--die-with-parent',
      '--new-session',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--unshare-net',
    ])
      expect(options).toContain(flag);
    expect(has(options, '--cap-drop', 'ALL')).toBe(true);
    expect(options).not.toContain('--cap-add');
    expect(options).not.toContain('--unshare-user');
    expect(command).toEqual(['/usr/bin/tool', 'verb', '--option=x']);
    expect(plan({}, {}, { isRoot: false }).options).toContain('--unshare-user');
  });

  it('gives the network and capabilities that the library names, and the devices', () => {
    const { options } = plan({ network: 'host', capabilities: ['CAP_NET_ADMIN'] }, { devices: ['/dev/kvm'] });
    expect(options).not.toContain('--unshare-net');
    expect(options.indexOf('--cap-add')).toBeGreaterThan(options.indexOf('--cap-drop'));
    expect(effective(options, '/dev/kvm')).toMatchObject({ how: '--dev-bind' });
    // Before that, or there would be no place for it.
    const closed = mounts(options).findIndex(({ how, at }) => how === '--remount-ro' && at === '/dev');
    expect(mounts(options).findIndex(({ at }) => at === '/dev/kvm')).toBeLessThan(closed);
  });

  it('leaves nothing to be written but what it says', () => {
    const path = fc.constantFrom('/etc/a', '/etc/a/b', '/srv/a', '/srv/a/b/c', '/var/lib/a', '/opt/x');
    const paths = fc.uniqueArray(path, { maxLength: 4 });
    fc.assert(
      fc.property(paths, paths, (read, write) => {
        const { options } = plan({}, { read: read.filter((it) => !write.includes(it)), write });
        const writable = mounts(options).filter(({ how }) => how === '--bind');
        expect(writable.map(({ at }) => at).sort()).toEqual([...write].sort());
        for (const it of write) expect(effective(options, it)).toMatchObject({ how: '--bind', source: it });
        for (const it of read) if (!write.includes(it)) expect(effective(options, it)?.how).toBe('--ro-bind-try');
        const closed = mounts(options).filter(({ how }) => how === '--remount-ro');
        expect(closed.map(({ at }) => at)).toEqual(['/proc', '/dev', '/']);
        expect(mounts(options).at(-1)).toEqual({ how: '--remount-ro', at: '/' });
        expect(effective(options, FILES_AT)).toEqual({ how: '--ro-bind', source: PARTS.files, at: FILES_AT });
      }),
    );
  });

  it('covers what is hidden inside what is shown, and shows the program there all the same', () => {
    const hidden = ['/usr/local/logos', '/root/tools/logos', '/elsewhere'];
    const program = { source: '/usr/local/logos/tool', at: '/usr/local/logos/tool' };
    const { options } = plan({}, { besides: ['/root/tools'], programFile: [program] }, { hidden });
    for (const path of hidden.slice(0, 2))
      expect(effective(options, `${path}/keys`)).toEqual({ how: '--tmpfs', at: path });
    expect(effective(options, '/usr/local/logos/tool')).toEqual({ how: '--ro-bind', ...program });
    expect(effective(options, '/root/tools/x')).toMatchObject({ how: '--ro-bind', source: '/root/tools' });
    expect(mounts(options).some(({ at }) => at === '/elsewhere')).toBe(false);
  });

  it('puts credentials into the work directory, in directories of their own', () => {
    const credentials = [{ source: '/c/key', at: '/root/.ssh/id' }];
    const { options } = plan(
      {},
      { credentials, variables: { KEY: '--bind' }, keep: [{ source: '/k/s', at: '/root/s' }] },
    );
    expect(has(options, '--perms', '0700', '--dir', '/root/.ssh')).toBe(true);
    expect(effective(options, '/root/.ssh/id')).toEqual({ how: '--ro-bind', ...credentials[0] });
    expect(has(options, '--setenv', 'KEY', '--bind')).toBe(true);
    expect(options.indexOf('--clearenv')).toBeLessThan(options.indexOf('--setenv'));
  });

  it('starts in the work directory, a kept one, or among the files', () => {
    const directory = ({ options }: { options: readonly string[] }) => options.at(-1);
    expect(directory(plan())).toBe('/root');
    expect(directory(plan({ keep: ['stack'], startIn: 'stack' }))).toBe('/root/stack');
    expect(directory(plan({}, { startInFiles: true }))).toBe(FILES_AT);
  });
});
