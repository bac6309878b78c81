import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { type Exec, localExec } from '../../system/exec.ts';
import { isErrno, readIfPresent, writeFileAtomic } from '../../system/files.ts';
import { configText, daemonSettings, driverSettings } from './config.ts';
import { GUEST_USER, GUEST_USER_NAME, type PrivateLayout, privateLayout } from './layout.ts';
import { directoriesBefore, type MountFacts, mountSteps } from './mounts.ts';

const LIBVIRTD = '/usr/sbin/libvirtd';

export interface EnterOptions {
  root: string;
  home: string;
  images: string;
}

/**
 * Turns this process, which is in a mount namespace of its own already, into the private libvirtd. It never returns. The process
 * keeps its number, so whoever started it supervises the daemon itself; running guests are found again in `run`.
 */
export async function becomeLibvirtd(options: EnterOptions, exec: Exec = localExec): Promise<never> {
  await refuseSharedNamespace();
  const layout = privateLayout(options.root);
  await prepareDirectories(layout, options.images);
  await writeConfiguration(layout);
  const facts: MountFacts = { home: options.home, images: options.images, kvm: await kvmDevice() };
  for (const { command, args } of mountSteps(layout, facts)) await exec(command, args);
  const args = [LIBVIRTD, '--pid-file', '/run/libvirt/libvirtd.pid', '--config', '/etc/libvirt/libvirtd.conf'];
  process.chdir('/');
  execve(LIBVIRTD, args, { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' });
}

/** The mounts below would be the host's own: this entry is for a process that `unshare --mount` started. */
async function refuseSharedNamespace(): Promise<void> {
  if ((await mountNamespace('self')) !== (await mountNamespace(String(process.ppid)))) return;
  throw new UserError('namespace-missing', 'The private libvirtd must be started in a mount namespace of its own.', {
    nextSteps: ['Let `logos provide` start it; this command is internal.'],
  });
}

async function mountNamespace(pid: string): Promise<number | undefined> {
  try {
    return (await stat(`/proc/${pid}/ns/mnt`)).ino;
  } catch {
    return undefined; // process 1 of a container may be closed to us: then it is not ours
  }
}

async function prepareDirectories(layout: PrivateLayout, images: string): Promise<void> {
  // Nothing that ran before a reboot runs now, and a stale process number may be somebody else's by now.
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  if ((await readIfPresent(layout.bootId)) !== bootId) {
    await rm(layout.run, { recursive: true, force: true });
  }
  for (const directory of [...directoriesBefore(layout), images]) {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
  }
  // QEMU makes its end of a migration's stream there, and opens disks that it may not look for.
  await mkdir(layout.sockets, { recursive: true });
  await chown(layout.sockets, GUEST_USER, GUEST_USER);
  await chmod(layout.sockets, 0o700);
  await mkdir(layout.disks, { recursive: true });
  await chmod(layout.disks, 0o711);
  await writeFileAtomic(layout.bootId, bootId);
}

async function writeConfiguration(layout: PrivateLayout): Promise<void> {
  let hostUuid = await readIfPresent(layout.hostUuid);
  if (!hostUuid) {
    hostUuid = randomUUID();
    await writeFileAtomic(layout.hostUuid, hostUuid);
  }
  await writeFileAtomic(join(layout.etc, 'libvirtd.conf'), configText(daemonSettings(hostUuid)));
  await writeFileAtomic(join(layout.etc, 'qemu.conf'), configText(driverSettings()));
  const user = `${GUEST_USER_NAME}:x:${GUEST_USER}:${GUEST_USER}::/nonexistent:/usr/sbin/nologin`;
  await writeFileAtomic(layout.passwd, withEntry(await readFile('/etc/passwd', 'utf8'), user), 0o644);
  const group = `${GUEST_USER_NAME}:x:${GUEST_USER}:`;
  await writeFileAtomic(layout.group, withEntry(await readFile('/etc/group', 'utf8'), group), 0o644);
}

/** passwd(5), group(5): the list with `entry` in it, unless its name is there already. */
export function withEntry(list: string, entry: string): string {
  const name = entry.slice(0, entry.indexOf(':') + 1);
  const lines = list.split('\n').filter((line) => line !== '');
  return `${(lines.some((line) => line.startsWith(name)) ? lines : [...lines, entry]).join('\n')}\n`;
}

async function kvmDevice(): Promise<MountFacts['kvm']> {
  try {
    const { rdev } = await stat('/dev/kvm');
    return { major: Number(rdev) >> 8, minor: Number(rdev) & 0xff };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** execve(2). Node has it since 23.11; its types here may be older. */
function execve(file: string, args: readonly string[], env: Readonly<Record<string, string>>): never {
  const replace = (process as unknown as { execve(file: string, args: readonly string[], env: object): never }).execve;
  return replace.call(process, file, args, env);
}
