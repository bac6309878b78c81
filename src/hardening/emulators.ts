import { join } from 'node:path';
import { DVM_UUID_PREFIX } from '../system/dvm-uuid.ts';
import type { KernelFiles } from './kernel-files.ts';
import type { HostPaths } from './paths.ts';

/** A running QEMU of the machine's libvirtd, and what the kernel confines it to. */
export interface Emulator {
  readonly domain: string;
  readonly pid: string;
  /** As the security module writes it, such as `libvirt-UUID (enforce)` or `system_u:system_r:svirt_t:s0:c1,c2`. */
  readonly label: string;
  /** Whether it is a machine of the region, by its UUID; any other is the owner's, and nobody's business. */
  readonly ours: boolean;
}

/** Looks at each domain's process. One that ends meanwhile is left out. */
export async function readEmulators(files: KernelFiles, paths: HostPaths): Promise<Emulator[]> {
  const directory = join(paths.systemdRuntime, '../../libvirt/qemu');
  const all = new Set(await files.names(directory));
  // libvirtd's own process id lies there too, but has no definition beside it.
  const names = [...all].filter((name) => name.endsWith('.pid') && all.has(`${name.slice(0, -4)}.xml`));
  const found = await Promise.all(
    names.map(async (name): Promise<Emulator[]> => {
      const pid = await files.read(join(directory, name));
      if (pid === undefined || !/^\d+$/.test(pid)) return [];
      const label = await files.read(join(paths.proc, pid, 'attr/current'));
      const domain = name.slice(0, -4);
      const [, uuid = ''] =
        /<uuid>([0-9a-f-]+)<\/uuid>/.exec((await files.read(join(directory, `${domain}.xml`))) ?? '') ?? [];
      const ours = uuid.startsWith(DVM_UUID_PREFIX);
      return label === undefined ? [] : [{ domain, pid, label: label.replaceAll('\0', '').trim(), ours }];
    }),
  );
  return found.flat();
}

/**
 * What in the owner's qemu.conf switches confinement off, in words; `undefined` when nothing does. libvirt's own defaults are
 * the security module that the kernel has, for every domain.
 */
export async function confinementOff(files: KernelFiles, { etc }: HostPaths): Promise<string | undefined> {
  const driver = (await files.read(join(etc, 'libvirt/qemu.conf'))) ?? '';
  if (/^\s*security_driver\s*=.*"none"/m.test(driver)) return 'your qemu.conf names no security driver';
  return /^\s*security_default_confined\s*=\s*0/m.test(driver) ? 'your qemu.conf leaves domains unconfined' : undefined;
}
