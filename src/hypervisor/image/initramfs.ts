import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import { APPLETS, INIT_SCRIPT, POWER_SCRIPT } from './init.ts';
import { measuringPrograms } from './measuring-programs.ts';

export interface InitramfsParts {
  /** A statically linked busybox. */
  busybox: Uint8Array;
  /** Kernel modules, in the order of loading. */
  modules: readonly KernelModule[];
  /** Those that the guest has but does not load by itself, in the order of loading. */
  deviceModules: readonly KernelModule[];
}

export interface KernelModule {
  path: string;
  content: Uint8Array;
}

/** The guest's whole user space, compressed. The same parts always give the same bytes. */
export async function buildInitramfs(parts: InitramfsParts): Promise<Buffer> {
  const directories = ['bin', 'dev', 'devices', 'etc', 'etc/acpi', 'etc/acpi/PWRF', 'modules', 'proc', 'sys', 'tmp'];
  const program = (path: string, content: Uint8Array): CpioEntry => ({ path, kind: 'file', mode: 0o755, content });
  const script = (path: string, text: string): CpioEntry => program(path, Buffer.from(text));
  const archive = cpioArchive([
    ...directories.map((path): CpioEntry => ({ path, kind: 'directory', mode: 0o755 })),
    program('bin/busybox', parts.busybox),
    ...Object.entries(measuringPrograms()).map(([name, content]) => program(`bin/${name}`, content)),
    ...APPLETS.map((name): CpioEntry => ({ path: `bin/${name}`, kind: 'link', target: 'busybox' })),
    ...modulesIn('modules', parts.modules),
    ...modulesIn('devices', parts.deviceModules),
    script('etc/acpi/PWRF/00000080', POWER_SCRIPT),
    script('init', INIT_SCRIPT),
  ]);
  // Level 1: guests unpack it at each start, and busybox hardly shrinks further.
  return promisify(gzip)(archive, { level: 1 });
}

/** Numbered, because the guest loads them in the order of their names. */
function modulesIn(directory: string, modules: readonly KernelModule[]): CpioEntry[] {
  return modules.map(({ path, content }, index) => ({
    path: `${directory}/${index}-${basename(path)}`,
    kind: 'file',
    mode: 0o644,
    content,
  }));
}

/** Whether an ELF program needs no shared libraries: it has no program header of type PT_INTERP (elf(5)). */
export function isStatic(program: Buffer): boolean {
  if (program.length < 64 || program.readUInt32BE() !== 0x7f454c46 || program[4] !== 2) return false;
  const offset = Number(program.readBigUInt64LE(32));
  const size = program.readUInt16LE(54);
  const count = program.readUInt16LE(56);
  for (let index = 0; index < count; index += 1) {
    const at = offset + index * size;
    if (at + 4 > program.length || program.readUInt32LE(at) === 3) return false;
  }
  return true;
}
