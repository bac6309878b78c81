import { basename, join } from 'node:path';
import { GUEST_IMAGES, GUEST_USER, type PrivateLayout } from './layout.ts';

/** One program to run, in order, inside the new mount namespace. */
export interface Step {
  command: 'mount' | 'mkdir' | 'mknod' | 'chown';
  args: readonly string[];
}

export interface MountFacts {
  /** LOGOS_HOME: hidden from the daemon and its guests. */
  home: string;
  /** What guests may read. */
  images: string;
  /** The device number of /dev/kvm, or undefined where there is none. */
  kvm?: { major: number; minor: number };
}

/** What the daemon has under its own name, on the host's side. */
const COVERED = [
  { target: '/run', directory: 'run' },
  { target: '/var/log', directory: 'log' },
  { target: '/var/cache', directory: 'cache' },
  { target: '/var/lib', directory: 'lib' },
] as const;

/**
 * How the daemon's mount namespace is made. Only /etc/libvirt has to exist on the host (`prepare` sees to it): whole directories
 * (/run, /var/lib, …) are covered by small file systems that hold libvirt's part and nothing else. So no other mount point is
 * made on the host, nothing is left when the daemon is killed, and neither it nor a guest sees other programs' state.
 */
export function mountSteps(layout: PrivateLayout, facts: MountFacts): Step[] {
  const at = (...names: string[]): string => join(layout.scaffold, ...names);
  const bind = (from: string, to: string): Step => ({ command: 'mount', args: ['--bind', from, to] });
  const images = at('lib', 'libvirt', 'images');
  const steps: Step[] = [
    { command: 'mount', args: ['-t', 'tmpfs', '-o', 'mode=755,size=1m', 'logos', layout.scaffold] },
    { command: 'mkdir', args: ['-m', '755', ...['run', 'log', 'cache', 'lib'].map((name) => at(name))] },
    {
      command: 'mkdir',
      args: ['-m', '755', ...['run', 'log', 'cache', 'lib'].map((name) => at(name, 'libvirt'))],
    },
    // libvirt locks a console's terminal there while somebody has it (UUCP locks, FHS 3.0 section 5.9).
    { command: 'mkdir', args: ['-m', '1777', at('run', 'lock')] },
    ...COVERED.map(({ directory }) => bind(layout[directory], at(directory, 'libvirt'))),
    bind(facts.images, images),
    { command: 'mount', args: ['-o', 'remount,bind,ro', images] },
    bind(layout.etc, '/etc/libvirt'),
    bind(layout.passwd, '/etc/passwd'),
    bind(layout.group, '/etc/group'),
  ];
  if (facts.kvm) steps.push(...ownKvmDevice(at('kvm'), facts.kvm));
  // The directory that holds the scaffold comes last, because covering it hides the scaffold.
  const covers = (target: string): boolean => layout.scaffold.startsWith(`${target}/`);
  const ordered = [...COVERED].sort((a, b) => Number(covers(a.target)) - Number(covers(b.target)));
  const hidden = ordered.some(({ target }) => covers(target));
  steps.push(
    ...ordered.map(({ target, directory }): Step => ({ command: 'mount', args: ['--rbind', at(directory), target] })),
  );
  if (!hidden) {
    steps.push({ command: 'mount', args: ['-t', 'tmpfs', '-o', 'mode=000,size=4k', 'logos', facts.home] });
  }
  return steps;
}

/**
 * A device node of our own for QEMU's user, seen by this daemon only. Where /dev/kvm is there and QEMU can't open it,
 * libvirt probes QEMU anew at each start of a domain, which takes 48 s instead of 0.4; and opening the host's own
 * node to that user would be a change that every program on the host sees.
 */
function ownKvmDevice(path: string, kvm: { major: number; minor: number }): Step[] {
  return [
    { command: 'mknod', args: ['-m', '600', path, 'c', String(kvm.major), String(kvm.minor)] },
    { command: 'chown', args: [`${GUEST_USER}:${GUEST_USER}`, path] },
    { command: 'mount', args: ['--bind', path, '/dev/kvm'] },
  ];
}

/** Directories of ours that must exist before the steps. */
export function directoriesBefore(layout: PrivateLayout): string[] {
  const images = join(layout.lib, basename(GUEST_IMAGES));
  return [layout.etc, layout.lib, layout.run, layout.log, layout.cache, layout.scaffold, images];
}
