import { type ArtifactStore, isUnproven, type LogosChain, type Operation, type StartDvm } from '../chain/index.ts';
import type { HostEffects } from '../gatekeeper/index.ts';
import {
  type ComputePath,
  type DvmTemplate,
  dvmLocks,
  type Libvirt,
  listDvms,
  parseDvmTemplates,
  prepareGuestImage,
  startDvm,
  stopDvm,
  withDvm,
  withLibvirt,
} from '../hypervisor/index.ts';
import { ExternalError, LogosError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import type { Journal, Json } from '../system/journal.ts';
import { forgetReady, readyDvm, rememberReady } from './ready-dvms.ts';
import { configuredBytes } from './values.ts';

export interface DvmEffectsOptions {
  home: Home;
  journal: Journal;
  chain: LogosChain;
  artifacts: ArtifactStore;
  exec: Exec;
  path: ComputePath;
  /** The cgroup partition for a libvirtd of the system's. */
  partition?: string;
  onStarted?(result: StartResult): void;
}

/** What became of a start; its hash goes on chain. */
export interface StartResult {
  name: string;
  uuid: string;
  path: ComputePath;
  /** What the guest printed when it was up. */
  line: string;
  bootMs: number;
}

/** libvirtd may be being started. Milliseconds. */
const WAIT_MS = 5_000;

/** Carries out the chain's operations on DVMs through libvirt. Starting one that runs, or stopping one that does not, is done already. */
export function dvmEffects(options: DvmEffectsOptions): Omit<HostEffects, 'run'> {
  return {
    startDvm: (operation, signal) =>
      withDvm(dvmLocks(options.home), operation.kind.name, () =>
        withLibvirt(options.home, (libvirt) => start(libvirt, operation, options, signal), { waitMs: WAIT_MS, signal }),
      ),
    stopDvm: ({ kind: { name } }) => {
      const stop = async (libvirt: Libvirt): Promise<Json> => {
        const { journal } = options;
        if ((await listDvms(libvirt)).some((dvm) => dvm.name === name)) await stopDvm(libvirt, name, { journal });
        await forgetReady(options.home, name);
        return { name };
      };
      return withLibvirt(options.home, stop, { waitMs: WAIT_MS });
    },
    knowsTemplate: async (name) => (await templates(options)).has(name),
    // libvirtd is being started again by its service manager; what a node can't prove is asked for again.
    isTransient: (error) => isUnproven(error) || (error instanceof LogosError && TRANSIENT.has(error.code)),
  };
}

const TRANSIENT = new Set([
  'dvm-busy',
  'libvirt-unreachable',
  'libvirt-connection-lost',
  'chain-unreachable',
  'chain-timeout',
]);

async function start(
  libvirt: Libvirt,
  operation: Operation<StartDvm>,
  options: DvmEffectsOptions,
  signal?: AbortSignal,
): Promise<Json> {
  const { kind } = operation;
  const { home, journal, path, partition } = options;
  const there = (await listDvms(libvirt)).find((dvm) => dvm.name === kind.name);
  const ready = there && (await readyDvm(home, there.name, there.uuid));
  if (there?.state === 'running' && ready) return resultOf({ ...there, ...ready }, options);
  if (there) await stopDvm(libvirt, kind.name, { graceMs: 0, journal });
  const template = (await templates(options)).get(kind.template);
  if (!template) {
    throw new ExternalError('dvm-template-unknown', `The chain defines no DVM template ${kind.template}.`, {
      nextSteps: ["Ask the region's operator to define it in compute-section-1, dvm-templates."],
    });
  }
  const { kernel, initramfs } = await prepareGuestImage(home, options.exec);
  const { vcpus, memoryMiB, readyLine, deadlineMs } = template;
  const { dvm, line, bootMs } = await startDvm(
    libvirt,
    { name: kind.name, vcpus, memoryMiB, path, kernel, initramfs, partition },
    { readyLine, deadlineMs, signal, journal },
  );
  await rememberReady(home, dvm.name, { uuid: dvm.uuid, line, bootMs });
  return resultOf({ ...dvm, line, bootMs }, options);
}

function resultOf({ name, uuid, path, line, bootMs }: StartResult, options: DvmEffectsOptions): Json {
  const result: StartResult = { name, uuid, path, line, bootMs: Math.round(bootMs) };
  options.onStarted?.(result);
  return { ...result };
}

async function templates({ chain, artifacts }: DvmEffectsOptions): Promise<Map<string, DvmTemplate>> {
  return parseDvmTemplates(
    await configuredBytes(await chain.configuration('compute-section-1'), 'dvm-templates', artifacts),
  );
}
