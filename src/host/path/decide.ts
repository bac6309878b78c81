import type { ProvidePath } from '../classes/schema.ts';
import { lendableDevices } from '../gpu/types.ts';
import type { BootProbe, KvmProbe, PathDecision, PathProbes, ProbeName, RejectedPath } from './types.ts';

/**
 * The slowest raw guest in which a stock kernel could still boot, million instructions in a second. Measured: a probe
 * loop of 100,000 rounds (200,000 instructions) takes well under 20 ms with usable KVM, so more than 10 M/s; where KVM
 * is there but emulates each instruction it takes 125 to 170 ms (1.2 to 1.6 M/s), and a kernel stays silent for minutes.
 */
export const USABLE_KVM_RATE = 10;

/** One path's answer: try this first, take it, or it can't be and why. */
type Answer =
  | { try: ProbeName; why: string }
  | { take: true; reason: string; device?: ReturnType<typeof lendableDevices>[number] }
  | { reject: string };

/**
 * The decision table, in rising cost: raw KVM, a kernel on KVM, a kernel in emulation, a GPU. Given what is known so far,
 * says what to try next or what the path is. Pure and total; it never asks for what is known already, nor for what the
 * owner refused or no class could use.
 */
export function decidePath(probes: PathProbes): PathDecision {
  const rejected: RejectedPath[] = [];
  for (const path of ['kvm', 'qemu', 'gpu'] as const) {
    const answer = allowed(path, probes) ?? QUESTIONS[path](probes);
    if ('try' in answer) return { kind: 'try', probe: answer.try, why: answer.why };
    if ('take' in answer) {
      const because = rejected.map((entry) => entry.reason);
      const reason = [...because, `so ${answer.reason}`].join('; ');
      return {
        kind: 'decided',
        path,
        device: answer.device,
        reason: rejected.length === 0 ? answer.reason : reason,
        rejected,
      };
    }
    rejected.push({ path, reason: answer.reject });
  }
  const reason = `cannot provide because ${rejected.map((entry) => entry.reason).join('; ')}`;
  return { kind: 'decided', reason, rejected };
}

function allowed(path: ProvidePath, probes: PathProbes): Answer | undefined {
  if (probes.refused.includes(path)) return { reject: `the owner refuses the path ${path}` };
  if (path !== 'gpu' && probes.classes[path] === undefined) {
    return {
      reject: path === 'qemu' ? 'software emulation is too slow here for any class' : 'no class fits this machine',
    };
  }
  return undefined;
}

const QUESTIONS: Record<ProvidePath, (probes: PathProbes) => Answer> = {
  kvm: (probes) => {
    if (!probes.kvm) return { try: 'kvm', why: 'whether KVM runs a raw guest, and how fast' };
    const fault = rawFault(probes.kvm);
    if (fault) return { reject: fault };
    if (!probes.kvmBoot) return { try: 'kvmBoot', why: 'whether a stock kernel boots on KVM through libvirt' };
    return bootAnswer(probes.kvmBoot, 'on KVM');
  },
  qemu: (probes) => {
    if (!probes.qemuBoot) return { try: 'qemuBoot', why: "whether a stock kernel boots in QEMU's emulation" };
    return bootAnswer(probes.qemuBoot, "in QEMU's software emulation");
  },
  gpu: (probes) => {
    if (!probes.gpu) return { try: 'gpu', why: 'whether OpenCL or ROCm shows a device' };
    const device = lendableDevices(probes.gpu)[0];
    if (!device) return { reject: 'neither OpenCL nor ROCm shows a GPU' };
    if (probes.classes.gpu === undefined) return { reject: `the GPU ${device.name} is too slow for any class` };
    return { take: true, device, reason: `only its GPU is lent (${device.name}, by ${sourceName(device.source)})` };
  },
};

/** Why the raw API alone rules KVM out. */
function rawFault(probe: KvmProbe): string | undefined {
  const cause = probe.error ? ` (${probe.error})` : '';
  if (probe.device === 'absent') return 'this machine has no /dev/kvm';
  if (probe.device === 'denied') return `/dev/kvm can't be opened${cause}`;
  if (!probe.vmCreated) return `KVM makes no virtual machine${cause}`;
  if (probe.rate === undefined) return `KVM ran no raw guest${cause}`;
  if (!(probe.rate > USABLE_KVM_RATE)) {
    return `KVM runs ${probe.rate.toFixed(1)} M instructions/s here; a usable one runs more than ${USABLE_KVM_RATE} M`;
  }
  return undefined;
}

function bootAnswer(boot: BootProbe, where: string): Answer {
  const seconds = (boot.ms / 1000).toFixed(1);
  if (boot.ok) return { take: true, reason: `a stock kernel booted ${where} in ${seconds} s` };
  return { reject: `a stock kernel did not boot ${where} (${boot.error ?? 'no reason given'}, after ${seconds} s)` };
}

function sourceName(source: 'opencl' | 'rocm'): string {
  return source === 'opencl' ? 'OpenCL' : 'ROCm';
}
