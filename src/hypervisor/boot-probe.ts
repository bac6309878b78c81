import { randomBytes } from 'node:crypto';
import { ExternalError } from '../system/errors.ts';
import { readDomainTypes } from './domain-read.ts';
import type { ComputePath } from './domain-xml.ts';
import { endDomain } from './dvm.ts';
import { READY_LINE } from './image/init.ts';
import type { GuestImage } from './image/prepare.ts';
import type { Libvirt } from './libvirt.ts';
import { startDvm } from './start-dvm.ts';

export interface BootProbeOptions {
  type: ComputePath;
  deadlineMs: number;
  image: GuestImage;
  signal?: AbortSignal;
}

/** Whether a stock kernel boots to its line with this kind of domain. */
export interface BootProbe {
  booted: boolean;
  /** Wall time until the line came, or until it was given up. */
  ms: number;
  /** The guest's line, when it booted. */
  line?: string;
  /** Why it did not. */
  why?: string;
  /** The last thing that the guest printed. */
  lastLines?: readonly string[];
}

/**
 * Tries it for real: flags, device files and libvirt's capabilities prove nothing. The guest is ended again. A guest that does
 * not boot is an answer; throws only when libvirt itself fails or the caller cancels.
 */
export async function bootProbe(libvirt: Libvirt, options: BootProbeOptions): Promise<BootProbe> {
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  if (!readDomainTypes(await libvirt.capabilities()).has(options.type)) {
    return { booted: false, ms: elapsed(), why: `libvirt offers no ${options.type} domains on this machine` };
  }
  try {
    const { dvm, bootMs, line } = await startDvm(
      libvirt,
      {
        name: `probe-${options.type}-${randomBytes(4).toString('hex')}`,
        vcpus: 1,
        memoryMiB: 128,
        path: options.type,
        kernel: options.image.kernel,
        initramfs: options.image.initramfs,
      },
      { readyLine: READY_LINE, deadlineMs: options.deadlineMs, signal: options.signal },
    );
    await endDomain(libvirt, { name: dvm.name, uuid: dvm.uuid, id: -1 }, 0);
    return { booted: true, ms: bootMs, line };
  } catch (error) {
    const answers = ['dvm-not-ready', 'libvirt-error'];
    if (!(error instanceof ExternalError) || !answers.includes(error.code)) throw error;
    return { booted: false, ms: elapsed(), why: error.message, lastLines: error.lastLines };
  }
}
