import type { KvmProbe } from '../../hypervisor/index.ts';
import type { ProvidePath } from '../classes/schema.ts';
import type { GpuDevice, GpuProbe } from '../gpu/types.ts';

export type { KvmProbe };

/** What a stock kernel did when libvirt started it. */
export interface BootProbe {
  ok: boolean;
  ms: number;
  /** Its line on the serial console. */
  line?: string;
  /** Why it failed. */
  error?: string;
}

/** What is known so far; each part is looked for only when the ones before did not decide. */
export interface PathProbes {
  kvm?: KvmProbe;
  kvmBoot?: BootProbe;
  qemuBoot?: BootProbe;
  gpu?: GpuProbe;
  /** Paths that the owner does not want. */
  refused: readonly ProvidePath[];
  /** The resource class that this machine would have on each path. */
  classes: Readonly<Partial<Record<ProvidePath, string>>>;
}

export type ProbeName = 'kvm' | 'kvmBoot' | 'qemuBoot' | 'gpu';

/** Either what to try next, or the end. */
export type PathDecision =
  | { kind: 'try'; probe: ProbeName; why: string }
  | { kind: 'decided'; path?: ProvidePath; device?: GpuDevice; reason: string; rejected: RejectedPath[] };

export interface RejectedPath {
  path: ProvidePath;
  reason: string;
}

/** The chosen path, or why there is none; what was tried, in order, with its time. */
export interface PathVerdict {
  path?: ProvidePath;
  class?: string;
  device?: GpuDevice;
  reason: string;
  rejected: RejectedPath[];
  tried: { probe: ProbeName; ms: number; result: KvmProbe | BootProbe | GpuProbe }[];
  ms: number;
}
