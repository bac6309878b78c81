import { LogosError, UserError } from '../../system/errors.ts';
import { PROVIDE_PATHS, type ProvidePath } from '../classes/schema.ts';
import type { GpuProbe } from '../gpu/types.ts';
import { decidePath } from './decide.ts';
import type { BootProbe, KvmProbe, PathProbes, PathVerdict, ProbeName } from './types.ts';

export interface PathDependencies {
  probeKvm(): Promise<KvmProbe>;
  /** Starts a stock kernel through libvirt, waits for its line, and removes it again. A failure may be thrown or returned. */
  bootThroughLibvirt(type: 'kvm' | 'qemu', deadlineMs: number): Promise<BootProbe>;
  probeGpu(): Promise<GpuProbe>;
  /** The class on each path (`classOn`). */
  classOn(path: ProvidePath): string | undefined;
  ownerRefuses?: readonly ProvidePath[];
  onTry?: (probe: ProbeName, why: string) => void;
  signal?: AbortSignal;
}

/** Milliseconds that a kernel has for its line: on KVM about 1 s is usual; emulation 2 to 10 s, and up to five times that on a busy machine. */
export const BOOT_DEADLINES = { kvm: 15_000, qemu: 60_000 } as const;

/**
 * Finds how this machine can lend compute, by trying, in rising cost. A probe that fails is an answer like any other;
 * only abortion (the signal's reason) and programming errors are thrown. No path at all is a verdict without `path`.
 */
export async function findPath(dependencies: PathDependencies): Promise<PathVerdict> {
  const start = performance.now();
  const { classOn, signal, onTry = () => {} } = dependencies;
  const classes = Object.fromEntries(PROVIDE_PATHS.map((path) => [path, classOn(path)]));
  let probes: PathProbes = { refused: dependencies.ownerRefuses ?? [], classes };
  const tried: PathVerdict['tried'] = [];
  for (;;) {
    signal?.throwIfAborted();
    const decision = decidePath(probes);
    const ms = Math.round(performance.now() - start);
    if (decision.kind === 'decided') {
      const { path, device, reason, rejected } = decision;
      return { path, class: path && classes[path], device, reason, rejected, tried, ms };
    }
    onTry(decision.probe, decision.why);
    const before = performance.now();
    const result = await PROBES[decision.probe](dependencies, before);
    tried.push({ probe: decision.probe, ms: Math.round(performance.now() - before), result });
    probes = { ...probes, [decision.probe]: result };
  }
}

/** Throws UserError `cannot-provide` for a verdict without a path. */
export function requirePath(verdict: PathVerdict): ProvidePath {
  if (verdict.path) return verdict.path;
  throw new UserError('cannot-provide', `This machine ${verdict.reason}.`, {
    nextSteps: [
      "Turn on the processor's virtualization (AMD-V, VT-x) in the firmware, or nested virtualization where this is a guest.",
      'See `logos benchmark` for what this machine lacks, and `refuse` in config.json for paths that are turned off.',
    ],
  });
}

type Probe = (dependencies: PathDependencies, since: number) => Promise<KvmProbe | BootProbe | GpuProbe>;

const PROBES: Readonly<Record<ProbeName, Probe>> = {
  kvm: (dependencies) => attempt(dependencies, dependencies.probeKvm(), (error) => ({ device: 'open', error })),
  kvmBoot: (dependencies, since) => boot(dependencies, 'kvm', since),
  qemuBoot: (dependencies, since) => boot(dependencies, 'qemu', since),
  gpu: (dependencies) => attempt(dependencies, dependencies.probeGpu(), (error) => ({ devices: [], notes: [error] })),
};

function boot(dependencies: PathDependencies, type: 'kvm' | 'qemu', since: number): Promise<BootProbe> {
  return attempt(dependencies, dependencies.bootThroughLibvirt(type, BOOT_DEADLINES[type]), (error) => ({
    ok: false,
    ms: Math.round(performance.now() - since),
    error,
  }));
}

async function attempt<T>({ signal }: PathDependencies, work: Promise<T>, failed: (error: string) => T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LogosError && error.code !== 'bug') return failed(error.message.replace(/\.$/, ''));
    throw error;
  }
}
