import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReadable, isWritable, isWritableByDeployment } from '../../../../src/gatekeeper/sandbox/paths.ts';
import { sandboxOf, sandboxSchema } from '../../../../src/gatekeeper/sandbox/spec.ts';
import { SHIPPED } from '../library/shipped.ts';

const accepts = (members: unknown) => sandboxSchema.safeParse(members).success;

describe('what a library may say of a sandbox', () => {
  it.each([
    ...['/', '/etc', '/usr', '/usr/local/bin', '/proc/sys', '/sys', '/dev', '/boot', '/root', '/home', '/home/a'],
    ...['/run', '/run/x', '/tmp', '/var', '/var/lib', '/var/lib/logos', '/var/lib/logos/keys', '/var/lib/dpkg/info'],
    ...[
      '/etc/systemd/system',
      '/etc/cron.d',
      '/etc/pam.d',
      '/etc/ssh',
      '/etc/sudoers.d',
      '/etc/ld.so.conf.d',
      '/etc/ssl',
    ],
    ...['/etc/libvirt/hooks', '/etc/profile.d', '/var/spool/cron', '/lib/modules', '/mnt', '/opt', '/srv'],
    ...'acpi cloud cni/net.d containerd docker fail2ban needrestart pki rc.d request-key.d rsyslog.d sysconfig ufw'
      .split(' ')
      .map((name) => `/etc/${name}`),
    ...['/etc/wireguard', '/etc/yum.repos.d', '/opt/cni/bin', '/usr/local', '/usr/local/bin'],
    ...'cloud dkms initramfs-tools libvirt pam shells snapd'.split(' ').map((name) => `/var/lib/${name}`),
    ...['/etc/../root', '/etc/a/../../root', 'etc/a', '/etc/a/', '//etc/a', '/etc/.a', '/etc/a\n', '/etc/ä'],
  ])('is not that %j is written', (path) => {
    expect(accepts({ write: [path] })).toBe(false);
  });

  it.each([
    ...[
      '/',
      '/etc',
      '/etc/shadow',
      '/etc/ssh',
      '/etc/ssl/private',
      '/root',
      '/root/.ssh',
      '/home',
      '/proc',
      '/dev',
      '/run',
    ],
    ...['/var', '/var/lib', '/var/lib/logos', '/var/lib/logos/gatekeeper', '/var/lib/systemd', '/tmp', '/boot'],
  ])('is not that %j is read', (path) => {
    expect(accepts({ read: [path] })).toBe(false);
  });

  it('is more for a library than for a deployment', () => {
    const places = ['/etc/kubernetes', '/etc/kubernetes/manifests', '/var/lib/etcd', '/var/lib/kubelet', '/opt/tofu'];
    expect(places.map((path) => [isWritable(path), isWritableByDeployment(path)])).toEqual(
      places.map(() => [true, false]),
    );
    expect(isWritableByDeployment('/etc/motd.d')).toBe(true);
    expect(isWritableByDeployment('/etc/ssh')).toBe(false);
  });

  it('is no path that contains, or lies in, one of those', () => {
    const names = fc.array(fc.constantFrom('etc', 'var', 'lib', 'logos', 'root', 'ssh', 'a', 'systemd'), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(names, (parts) => {
        const path = `/${parts.join('/')}`;
        if (isWritable(path)) expect(isWritable(`${path}/a`)).toBe(true);
        for (const secret of ['/var/lib/logos', '/root', '/etc/ssh'])
          if (`${secret}/`.startsWith(`${path}/`) || `${path}/`.startsWith(`${secret}/`))
            expect([isWritable(path), isReadable(path)]).toEqual([false, false]);
      }),
    );
  });

  it.each([
    [{ capabilities: ['CAP_SYS_ADMIN'] }],
    [{ capabilities: ['CAP_SYS_PTRACE'] }],
    [{ capabilities: ['CAP_DAC_READ_SEARCH'] }],
    [{ capabilities: ['ALL'] }],
    [{ devices: ['/dev/mem'] }],
    [{ devices: ['/dev/sda'] }],
    [{ sockets: ['/run'] }],
    [{ sockets: ['/var/lib/logos/run/api.sock'] }],
    [{ network: 'all' }],
    [{ environment: { PATH: '/tmp' } }],
    [{ environment: { LD_PRELOAD: '/tmp/x.so' } }],
    [{ environment: { PYTHONPATH: '/tmp' } }],
    [{ environment: { A: 'a\nb' } }],
    [{ credentials: [{ file: '../keys/host.key', at: 'key' }] }],
    [{ credentials: [{ file: 'key', at: '/etc/key' }] }],
    [{ credentials: [{ file: 'key', at: '../key' }] }],
    [{ credentials: [{ file: 'config', at: '.ssh/config' }] }],
    [{ credentials: [{ file: 'rc', names: ['BASH_ENV'] }] }],
    [{ keep: ['../x'] }],
    [{ limitSeconds: 0 }],
    [{ memory: '1TiB' }],
    [{ memory: 'all' }],
    [{ tasks: 1 }],
    [{ anything: true }],
  ])('is not %j', (members) => {
    expect(accepts(members)).toBe(false);
  });

  it('is, member by member, what the command says in place of its library', () => {
    const library = sandboxSchema.parse({ network: 'host', write: ['/etc/kubernetes'], memory: '1GiB' });
    const command = sandboxSchema.parse({ network: 'none', tasks: 64 });
    expect(sandboxOf(library, command)).toMatchObject({
      ...{ network: 'none', write: ['/etc/kubernetes'], memory: 1024 ** 3, tasks: 64 },
      ...{ read: [], sockets: [], capabilities: [], credentials: [], parallel: false },
    });
  });

  it.each([
    [{ startIn: 'stack' }, 'which it doesn’t keep'.replace('’', "'")],
    [{ environment: { A_B: 'x' }, credentials: [{ file: 'a', at: 'a', variable: 'A_B' }] }, 'a variable twice'],
    [
      {
        credentials: [
          { file: 'a', at: 'x' },
          { file: 'b', at: 'x/y' },
        ],
      },
      'in one place',
    ],
    [{ keep: ['x'], credentials: [{ file: 'b', at: 'x/y' }] }, 'in one place'],
  ])('does not contradict itself: %j', (members, why) => {
    expect(() => sandboxOf({}, sandboxSchema.parse(members))).toThrow(why);
  });
});

describe('the libraries that are shipped', () => {
  it('have nothing written outside their own technology, and no capability', () => {
    const written = SHIPPED.flatMap(({ name, commands }) =>
      commands.flatMap(({ sandbox }) => sandbox.write.map((path) => `${name} ${path}`)),
    );
    expect([...new Set(written)].sort()).toEqual([
      ...['kubeadm /etc/kubernetes', 'kubeadm /var/lib/etcd', 'kubeadm /var/lib/kubelet'],
    ]);
    expect(SHIPPED.flatMap(({ commands }) => commands.flatMap(({ sandbox }) => sandbox.capabilities))).toEqual([]);
  });

  it('check host keys wherever they use SSH', () => {
    const [playbook] = SHIPPED.find(({ name }) => name === 'ansible')?.commands ?? [];
    expect(playbook?.sandbox.environment).toMatchObject({
      ANSIBLE_HOST_KEY_CHECKING: 'True',
      ANSIBLE_SSH_ARGS: expect.stringContaining('StrictHostKeyChecking=yes'),
    });
  });
});
