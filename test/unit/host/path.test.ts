import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GpuDevice, GpuProbe } from '../../../src/host/gpu/types.ts';
import { decidePath, USABLE_KVM_RATE } from '../../../src/host/path/decide.ts';
import { findPath, type PathDependencies, requirePath } from '../../../src/host/path/find.ts';
import type { BootProbe, KvmProbe, PathProbes, ProbeName } from '../../../src/host/path/types.ts';
import { ExternalError } from '../../../src/system/errors.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const ALL_CLASSES = { kvm: 'compute-3', qemu: 'compute-1', gpu: 'gpu-1' };

const usable: KvmProbe = { device: 'open', apiVersion: 12, vmCreated: true, rate: 900 };
const device = (kind: GpuDevice['kind']): GpuDevice => ({
  source: 'opencl',
  name: `a ${kind}`,
  vendor: 'v',
  kind,
  memoryMiB: 1,
  computeUnits: 1,
});
const boots: BootProbe = { ok: true, ms: 2_000, line: 'ready' };
const silent: BootProbe = { ok: false, ms: 15_000, error: 'no line' };

const KVM: Record<string, KvmProbe | undefined> = {
  unknown: undefined,
  absent: { device: 'absent' },
  denied: { device: 'denied', error: 'EACCES' },
  'no machine': { device: 'open', vmCreated: false, error: 'EINVAL' },
  'no guest': { device: 'open', apiVersion: 12, vmCreated: true, error: 'no answer within 2 s' },
  slow: { device: 'open', apiVersion: 12, vmCreated: true, rate: 1.4 },
  'at the threshold': { device: 'open', apiVersion: 12, vmCreated: true, rate: USABLE_KVM_RATE },
  usable,
};
const BOOT: Record<string, BootProbe | undefined> = { unknown: undefined, boots, silent };
const GPU: Record<string, GpuProbe | undefined> = {
  unknown: undefined,
  none: { devices: [], notes: [] },
  'a CPU driver only': { devices: [device('cpu')], notes: [] },
  'a GPU': { devices: [device('cpu'), device('gpu')], notes: [] },
};

/** The table as prose says it, written a second time and apart from the code: what is tried or taken next. */
function expected(kvm: string, kvmBoot: string, qemuBoot: string, gpu: string): string {
  if (kvm === 'unknown') return 'try kvm';
  if (kvm === 'usable') {
    if (kvmBoot === 'unknown') return 'try kvmBoot';
    if (kvmBoot === 'boots') return 'take kvm';
  }
  if (qemuBoot === 'unknown') return 'try qemuBoot';
  if (qemuBoot === 'boots') return 'take qemu';
  if (gpu === 'unknown') return 'try gpu';
  return gpu === 'a GPU' ? 'take gpu' : 'none';
}

function short(probes: PathProbes): string {
  const decision = decidePath(probes);
  if (decision.kind === 'try') return `try ${decision.probe}`;
  return decision.path ? `take ${decision.path}` : 'none';
}

describe('the decision table', () => {
  const rows = Object.keys(KVM).flatMap((kvm) =>
    Object.keys(BOOT).flatMap((kvmBoot) =>
      Object.keys(BOOT).flatMap((qemuBoot) => Object.keys(GPU).map((gpu) => [kvm, kvmBoot, qemuBoot, gpu] as const)),
    ),
  );

  test(`holds in each of its ${rows.length} rows`, () => {
    for (const [kvm, kvmBoot, qemuBoot, gpu] of rows) {
      const probes = { kvm: KVM[kvm], kvmBoot: BOOT[kvmBoot], qemuBoot: BOOT[qemuBoot], gpu: GPU[gpu] };
      const found = short({ ...probes, refused: [], classes: ALL_CLASSES });
      expect([kvm, kvmBoot, qemuBoot, gpu, found]).toEqual([
        kvm,
        kvmBoot,
        qemuBoot,
        gpu,
        expected(kvm, kvmBoot, qemuBoot, gpu),
      ]);
    }
  });

  test('a refused path is never tried nor taken, nor one that no class could use', () => {
    const paths = fc.subarray(['kvm', 'qemu', 'gpu'] as const);
    const probes = fc.record({
      kvm: fc.constantFrom(...Object.values(KVM)),
      kvmBoot: fc.constantFrom(...Object.values(BOOT)),
      qemuBoot: fc.constantFrom(...Object.values(BOOT)),
      gpu: fc.constantFrom(...Object.values(GPU)),
    });
    fc.assert(
      fc.property(probes, paths, paths, (known, refused, classed) => {
        const classes = Object.fromEntries(classed.map((path) => [path, ALL_CLASSES[path]]));
        const decision = decidePath({ ...known, refused, classes });
        const path =
          decision.kind === 'try'
            ? { kvm: 'kvm', kvmBoot: 'kvm', qemuBoot: 'qemu', gpu: 'gpu' }[decision.probe]
            : decision.path;
        expect(refused).not.toContain(path);
        if (path && path !== 'gpu') expect(classed).toContain(path);
        if (decision.kind === 'try') expect(known[decision.probe]).toBeUndefined();
        else if (!decision.path) expect(decision.rejected).toHaveLength(3);
      }),
    );
  });
});

describe('the reason', () => {
  test('is the measured one where KVM emulates each instruction', () => {
    const decision = decidePath({ kvm: KVM.slow, qemuBoot: boots, refused: [], classes: ALL_CLASSES });
    expect(decision).toMatchObject({
      path: 'qemu',
      reason:
        "KVM runs 1.4 M instructions/s here; a usable one runs more than 10 M; so a stock kernel booted in QEMU's software emulation in 2.0 s",
      rejected: [{ path: 'kvm' }],
    });
  });

  test('names each thing that failed when there is no path', () => {
    const probes = { kvm: KVM.absent, qemuBoot: silent, gpu: GPU.none, refused: [], classes: ALL_CLASSES };
    expect(decidePath(probes)).toMatchObject({
      kind: 'decided',
      reason:
        "cannot provide because this machine has no /dev/kvm; a stock kernel did not boot in QEMU's software emulation (no line, after 15.0 s); neither OpenCL nor ROCm shows a GPU",
    });
  });

  test('says what the owner refused and what is too slow', () => {
    const decision = decidePath({ gpu: GPU.none, refused: ['kvm'], classes: { kvm: 'compute-1' } });
    expect(decision).toMatchObject({
      reason:
        'cannot provide because the owner refuses the path kvm; software emulation is too slow here for any class; neither OpenCL nor ROCm shows a GPU',
    });
  });
});

interface Recording {
  kvm: KvmProbe;
  kvmBoot?: BootProbe;
  qemuBoot?: BootProbe;
  gpu?: GpuProbe;
  expect: string;
}

/** Plays a recording; a probe that it lacks must not be asked for. */
function play(recording: Partial<Recording>, asked: ProbeName[] = []): PathDependencies {
  const answer = <T>(probe: ProbeName, value: T | undefined): Promise<T> => {
    asked.push(probe);
    return value === undefined ? Promise.reject(new Error(`${probe} was not recorded`)) : Promise.resolve(value);
  };
  return {
    probeKvm: () => answer('kvm', recording.kvm),
    bootThroughLibvirt: (type) =>
      type === 'kvm' ? answer('kvmBoot', recording.kvmBoot) : answer('qemuBoot', recording.qemuBoot),
    probeGpu: () => answer('gpu', recording.gpu),
    classOn: (path) => ALL_CLASSES[path],
  };
}

describe('findPath', () => {
  test.each(readdirSync(FIXTURES).filter((name) => /^(kvm|gpu)-.*\.json$/.test(name)))(
    'on the recording %s',
    async (name) => {
      const recording = JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as Recording;
      const asked: ProbeName[] = [];
      const verdict = await findPath(play(recording, asked));
      expect(verdict.path).toBe(recording.expect);
      // In rising cost, and nothing but what was needed.
      expect(asked).toEqual(
        (['kvm', 'kvmBoot', 'qemuBoot', 'gpu'] as const).filter((probe) => recording[probe] !== undefined),
      );
      expect(verdict.tried.map((entry) => entry.probe)).toEqual(asked);
      expect(verdict.class).toBe(ALL_CLASSES[verdict.path ?? 'kvm']);
    },
  );

  test('a probe that throws one of our errors is an answer', async () => {
    const verdict = await findPath({
      ...play({ kvm: KVM.absent, gpu: GPU.none }),
      bootThroughLibvirt: () => Promise.reject(new ExternalError('libvirt-unreachable', 'libvirt does not answer.')),
    });
    expect(verdict.path).toBeUndefined();
    expect(verdict.reason).toContain('(libvirt does not answer, after 0.0 s)');
    expect(() => requirePath(verdict)).toThrow(expect.objectContaining({ code: 'cannot-provide' }));
  });

  test('a programming error is not', async () => {
    await expect(findPath(play({}))).rejects.toThrow('kvm was not recorded');
  });

  test('aborting throws the reason', async () => {
    const abort = new AbortController();
    const dependencies = play({ kvm: KVM.absent });
    const running = findPath({
      ...dependencies,
      signal: abort.signal,
      bootThroughLibvirt: () => {
        abort.abort(new Error('enough'));
        return Promise.reject(new ExternalError('cancelled', 'cancelled'));
      },
    });
    await expect(running).rejects.toThrow('enough');
  });
});
