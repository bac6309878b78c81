import type { ProvidePath } from '../classes/schema.ts';

/** What QEMU runs a guest's instructions by, or what runs kernels. */
export type Accelerator = 'kvm' | 'hvf' | 'whpx' | 'tcg' | 'opencl';

/** What is known of a machine without trying anything. */
export interface PlatformFacts {
  /** As Node names it: process.platform, process.arch, os.release(). */
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly release: string;
}

/** A way of lending that a platform has. */
export interface PlatformPath {
  readonly path: ProvidePath;
  readonly accelerator: Accelerator;
  /** Why it can't be, without trying; absent where it is worth a try. */
  readonly ruledOut?: string;
}

/** A platform's ways, the best first. Guests are machines of x86-64. */
interface Row {
  readonly path: ProvidePath;
  readonly accelerator: Accelerator;
  /** The processor that it needs; any without. */
  readonly arch?: string;
  /** The first release with it, as os.release() counts, and as people do. */
  readonly since?: { readonly release: readonly number[]; readonly name: string };
}

const EVERYWHERE: readonly Row[] = [
  { path: 'qemu', accelerator: 'tcg' },
  { path: 'gpu', accelerator: 'opencl' },
];

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, readonly Row[]>>> = {
  linux: [{ path: 'kvm', accelerator: 'kvm', arch: 'x64' }, ...EVERYWHERE],
  // Hypervisor.framework runs guests of the machine's own architecture (QEMU, system/introduction, "Virtualisation accelerators").
  darwin: [
    { path: 'kvm', accelerator: 'hvf', arch: 'x64', since: { release: [14], name: 'OS X 10.10' } },
    ...EVERYWHERE,
  ],
  // Windows Hypervisor Platform came with build 17134.
  win32: [
    { path: 'kvm', accelerator: 'whpx', arch: 'x64', since: { release: [10, 0, 17134], name: 'Windows 10, 1803' } },
    ...EVERYWHERE,
  ],
};

/**
 * The ways of lending that a platform has, best first, by data alone; `findPath` tries them. The path `kvm` is the one with the
 * processor's help, whatever the platform calls that. A platform that is not known lends nothing.
 */
export function platformPaths({ platform, arch, release }: PlatformFacts): PlatformPath[] {
  return (PLATFORMS[platform] ?? []).map(({ path, accelerator, arch: needed, since }) => {
    if (needed !== undefined && needed !== arch) {
      return {
        path,
        accelerator,
        ruledOut: `${accelerator} runs guests of x86-64 only on such a processor, not on ${arch}`,
      };
    }
    if (since && isBefore(release, since.release)) {
      return { path, accelerator, ruledOut: `${accelerator} came with ${since.name}; this is release ${release}` };
    }
    return { path, accelerator };
  });
}

/** Releases are numbers between dots, perhaps with more behind. */
function isBefore(release: string, first: readonly number[]): boolean {
  const parts = release.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [index, wanted] of first.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
