import type { ArtifactStore, LogosChain } from '../../chain/index.ts';
import {
  type Benchmark,
  type ClassVerdict,
  classify,
  classOn,
  findPath,
  type Inventory,
  type PathVerdict,
  parseResourceClasses,
  probeGpu,
  type ResourceClasses,
  runBenchmark,
  takeInventory,
} from '../../host/index.ts';
import { bootProbe, connectLibvirt, planLibvirtd, prepareGuestImage, probeKvm } from '../../hypervisor/index.ts';
import { configuredBytes } from '../values.ts';
import { ensureLibvirtd } from './libvirtd.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

/** A saved benchmark stands in for a new one this long, on the same boot. */
const BENCHMARK_VALID_MS = 24 * 3_600_000;

export function inventoryStep(): Step<Inventory> {
  return {
    run: () => takeInventory(),
    detail: (inventory) => ({ ...inventory, summary: describeInventory(inventory) }),
  };
}

export function benchmarkStep(session: Session): Step<Benchmark> {
  return {
    run: () =>
      runBenchmark({
        directory: session.home.root,
        signal: session.signal,
        onProgress: (message) => session.progress({ event: 'note', phase: 'benchmark', message }),
      }),
    reuse: ({ ageMs, sameBoot }) => sameBoot && ageMs < BENCHMARK_VALID_MS,
    detail: (benchmark) => ({ ...benchmark }),
  };
}

/** The thresholds of `compute-section-1`. */
export async function resourceClasses(chain: LogosChain, artifacts: ArtifactStore): Promise<ResourceClasses> {
  const section = await chain.configuration('compute-section-1');
  return parseResourceClasses(await configuredBytes(section, 'resource-classes', artifacts));
}

export function classStep(
  inventory: Inventory,
  benchmark: Benchmark,
  classes: ResourceClasses,
  previous: string | undefined,
): Step<ClassVerdict> {
  return {
    run: async () => classify(inventory, benchmark, classes, { previous }),
    detail: (verdict) => {
      const emulated = classOn(inventory, benchmark, classes, previous)('qemu');
      const summary = `${verdict.summary}; in emulation it would be ${emulated ?? 'in no class'}`;
      return { ...verdict, onPath: { kvm: verdict.class ?? null, qemu: emulated ?? null }, summary };
    },
  };
}

export function pathStep(
  session: Session,
  inventory: Inventory,
  benchmark: Benchmark,
  classes: ResourceClasses,
  previous: string | undefined,
): Step<PathVerdict> {
  return {
    run: () => tryPaths(session, inventory, benchmark, classes, previous),
    reuse: ({ sameBoot, value }) => sameBoot && value.path !== undefined,
    detail: (verdict) => ({ ...verdict, summary: verdict.reason }),
  };
}

async function tryPaths(
  session: Session,
  inventory: Inventory,
  benchmark: Benchmark,
  classes: ResourceClasses,
  previous: string | undefined,
): Promise<PathVerdict> {
  const { home, exec, signal, progress, config } = session;
  return findPath({
    probeKvm: async () => probeKvm(),
    bootThroughLibvirt: async (type, deadlineMs) => {
      await ensureLibvirtd(session);
      const image = await prepareGuestImage(home, exec, progress);
      const { endpoint } = await planLibvirtd(home);
      const libvirt = await connectLibvirt(endpoint, { waitMs: 10_000, signal });
      try {
        const { booted, ms, line, why } = await bootProbe(libvirt, { type, deadlineMs, image, signal });
        return { ok: booted, ms, line, error: why };
      } finally {
        await libvirt.close();
      }
    },
    probeGpu: () => probeGpu(),
    classOn: classOn(inventory, benchmark, classes, previous),
    ownerRefuses: config.refuse,
    onTry: (probe, why) => progress({ event: 'note', phase: 'path', message: `trying ${probe}: ${why}` }),
    signal,
  });
}

function describeInventory(inventory: Inventory): string {
  const { cpu, memory } = inventory;
  return `${cpu.model}, ${cpu.threads} threads, ${Math.round(memory.totalMiB / 1024)} GiB RAM`;
}
