import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { newDvmUuid } from '../src/system/dvm-uuid.ts';
import { readyRom } from './ready-rom.ts';

/** For scripts that run in a guest of lsm-guest.ts: domains of its libvirtd, and what somebody does in their place. */

export interface LabDomain {
  name: string;
  disk: string;
  pid: string;
  /** The kernel's label of its process, without the mode that AppArmor adds. */
  label: string;
  /** That label as the kernel shows it. */
  shown: string;
  /** Milliseconds from the order to what the guest printed. */
  readyMs: number;
}

const IMAGES = '/var/lib/libvirt/images';
const PROGRAM = '/repository/lab/guest-scripts/attempt.pl';

/** Runs a program; gives what it printed, or throws with its last words. */
export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
}

/** Starts a domain of one disk and waits for its first word. */
export async function startDomain(name: string): Promise<LabDomain> {
  const [disk, log] = [`${IMAGES}/${name}.img`, `/var/log/libvirt/qemu/${name}-serial.log`];
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(`${IMAGES}/ready.rom`, readyRom());
  // libvirt labels disks, and no firmware that somebody brings along.
  if (existsSync('/sys/fs/selinux/enforce')) run('chcon', '-t', 'virt_content_t', `${IMAGES}/ready.rom`);
  writeFileSync(disk, Buffer.alloc(1_048_576, 1));
  writeFileSync(
    `/tmp/${name}.xml`,
    `<domain type='qemu'><name>${name}</name><uuid>${newDvmUuid()}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><loader readonly='yes' type='rom'>${IMAGES}/ready.rom</loader></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
<serial type='file'><source path='${log}'/></serial><memballoon model='none'/><controller type='usb' model='none'/></devices></domain>`,
  );
  const started = performance.now();
  virsh('create', `/tmp/${name}.xml`);
  while (!textOf(log).includes('READY')) {
    if (performance.now() - started > 240_000)
      throw new Error(`${name} said nothing: ${textOf(`/var/log/libvirt/qemu/${name}.log`)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const pid = textOf(`/run/libvirt/qemu/${name}.pid`).trim();
  const shown = textOf(`/proc/${pid}/attr/current`).replaceAll('\0', '').trim();
  const readyMs = Math.round(performance.now() - started);
  return { name, disk, pid, shown, label: shown.split(' ')[0] ?? '', readyMs };
}

/** An order to the guest's libvirtd. */
export function virsh(...args: string[]): string {
  return run('virsh', '-q', '-c', 'qemu:///system', ...args);
}

/**
 * What the kernel answered to somebody who did this under the label: `done` or an error's name, such as `EACCES`. It is root,
 * but for a disk its owner, whom every emulator runs as: so it is the label alone that tells one disk from another.
 */
export function attempt(label: string, what: 'read' | 'write' | 'socket' | 'module', target: string): string {
  const { uid, gid } = what === 'write' ? statSync(target) : { uid: 0, gid: 0 };
  const options = { encoding: 'utf8', timeout: 300_000, uid, gid } as const;
  const { status, stderr } = spawnSync('perl', [PROGRAM, label, what, target], options);
  if (status === 0) return 'done';
  const name = Object.entries(constants.errno).find(([, number]) => number === status)?.[0];
  return stderr === '' && name ? name : `the attempt failed with ${status}: ${stderr}`;
}

/** The four ways out of an emulator, tried under a label. */
export function escapeAttempts(label: string, otherDisk: string): Record<string, string> {
  const release = run('uname', '-r').trim();
  return {
    'read a host file': attempt(label, 'read', '/etc/shadow'),
    'write another domain’s disk': attempt(label, 'write', otherDisk),
    'open a raw socket': attempt(label, 'socket', 'inet'),
    'open a packet socket': attempt(label, 'socket', 'packet'),
    'load a module': attempt(label, 'module', `/lib/modules/${release}/kernel/drivers/net/dummy.ko`),
  };
}

/** Lines of the audit log that name all of these words, once one of them names the last refusal too. */
export async function auditLines(words: readonly string[], last: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const lines = textOf('/var/log/audit/audit.log').split('\n');
    const found = lines.filter((line) => words.every((word) => line.includes(word)));
    if (found.some((line) => line.includes(last)) || tries >= 50) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function say(what: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ ms: Math.round(performance.now()), ...what }));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
