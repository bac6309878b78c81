import { join } from 'node:path';
import { type Exec, localExec } from '../system/exec.ts';
import { hasEntry } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { type AppliedPlan, readApplied } from './applied.ts';
import { CONTROLLERS, type Controller, type ControllerFacts, type ControllerMap } from './cgroup.ts';
import { CONTROLS } from './controls/registry.ts';
import type { HostView } from './controls/types.ts';
import type { Enforcement } from './enforcement.ts';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { isAsleep } from './kernel-modules.ts';
import { type NftState, readNft } from './nft.ts';
import { HOST_PATHS, type HostPaths, instanceName } from './paths.ts';
import type { HostPolicy } from './policy.ts';
import { isOurs } from './undo.ts';

export interface SysctlFacts {
  readonly value: string;
  readonly writable: boolean;
}

/** A change of an earlier run that the journal can still undo. */
export interface OwnChange {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
}

/** Everything a plan is made from. Reading it changes nothing. */
export interface HardeningFacts {
  readonly root: boolean;
  readonly instance: string;
  readonly homeRoot: string;
  readonly paths: HostPaths;
  /** Whether systemd manages services here. */
  readonly systemd: boolean;
  readonly controllers: ControllerMap;
  /** From a probe (enforcement.ts), where one was run. */
  readonly enforcement?: Enforcement;
  /** Current values by sysctl name; a name the kernel does not know is absent. */
  readonly sysctls: Readonly<Record<string, SysctlFacts>>;
  /** Contents by path of files in our group and of our slice, where they exist. */
  readonly files: Readonly<Record<string, string>>;
  readonly nft: NftState;
  /** Names in /sys/kernel/security/lsm; `undefined` when the kernel has no such list. */
  readonly lsm?: readonly string[];
  /** What each control that the policy asks for saw, by its name. */
  readonly controls: Readonly<Record<string, unknown>>;
  readonly own: readonly OwnChange[];
  readonly previous?: AppliedPlan;
}

export interface FactsOptions {
  home: Home;
  policy: HostPolicy;
  paths?: HostPaths;
  exec?: Exec;
  files?: KernelFiles;
  uid?: number;
  enforcement?: Enforcement;
  /** Whether a question to nft may make the kernel load modules; journalled by then. Default: yes. */
  mayLoad?: boolean;
}

/** Looks at this host. Throws UserError `state-damaged` or `journal-damaged` when an earlier run's record can't be read. */
export async function readHostFacts(options: FactsOptions): Promise<HardeningFacts> {
  const { home, policy, paths = HOST_PATHS, exec = localExec, files = kernelFiles } = options;
  const instance = instanceName(home.root);
  const systemd = await files.isDirectory(paths.systemdRuntime);
  const controllers = await readControllers(paths, files);
  const slicePath = join(paths.systemdUnits, `${instance}.slice`);
  const pending = await new Journal(home.journal).pending();
  return {
    root: (options.uid ?? process.getuid?.() ?? 0) === 0,
    instance,
    homeRoot: home.root,
    paths,
    systemd,
    controllers,
    enforcement: options.enforcement,
    sysctls: await readSysctls(policy, paths, files),
    files: await readFiles([slicePath, ...groupFiles(controllers, groupName(instance, systemd))], files),
    nft: await lookAtNft(options, { instance, paths, exec, files }),
    lsm: (await files.read(join(paths.securityFs, 'lsm')))?.split(','),
    controls: await lookAll(policy.controls, { exec, files, paths, instance }),
    own: pending
      .filter((change) => isOurs(change, instance, paths))
      .map(({ id, kind, target }) => ({ id, kind, target })),
    previous: await readApplied(home),
  };
}

/** A plan that changes nothing asks nobody who would load modules for the answer. */
async function lookAtNft(
  { mayLoad = true }: FactsOptions,
  { instance, paths, exec, files }: HostView,
): Promise<NftState> {
  const silent = !mayLoad && (await isAsleep(paths, files)) && (await isOnPath('nft'));
  return silent ? { state: 'ready' } : readNft(exec, instance);
}

/** As execvp(3) looks for a program. */
async function isOnPath(program: string): Promise<boolean> {
  const directories = (process.env.PATH ?? '').split(':').filter(Boolean);
  return (await Promise.all(directories.map((directory) => hasEntry(join(directory, program))))).includes(true);
}

async function lookAll(configs: HostPolicy['controls'], host: HostView): Promise<Record<string, unknown>> {
  const asked = CONTROLS.filter(({ name }) => configs[name] !== undefined);
  const seen = await Promise.all(
    asked.map(async ({ name, look }) => [name, await look(host, { config: configs[name] })] as const),
  );
  return Object.fromEntries(seen);
}

/** systemd makes the group of its slice; without it, the group has the instance's bare name. */
export function groupName(instance: string, systemd: boolean): string {
  return systemd ? `${instance}.slice` : instance;
}

export function sysctlPath(paths: HostPaths, name: string): string {
  return join(paths.procSys, ...name.split('.'));
}

/** Where each controller is: v2 at the root or at `unified`, else a v1 tree of its own. */
export async function readControllers(paths: HostPaths, files: KernelFiles): Promise<ControllerMap> {
  const map: { [C in Controller]?: ControllerFacts } = {};
  for (const mount of [paths.cgroup, join(paths.cgroup, 'unified')]) {
    const available = words(await files.read(join(mount, 'cgroup.controllers')));
    const enabled = words(await files.read(join(mount, 'cgroup.subtree_control')));
    const writable = await files.writable(join(mount, 'cgroup.subtree_control'));
    for (const controller of CONTROLLERS) {
      if (available.has(controller))
        map[controller] ??= { version: 2, mount, writable, enabled: enabled.has(controller) };
    }
  }
  for (const controller of CONTROLLERS) {
    const mount = join(paths.cgroup, controller === 'io' ? 'blkio' : controller);
    const procs = join(mount, 'cgroup.procs');
    // The `unified` tree of v2 has no directory of a controller's name, so this file tells a v1 tree.
    if (map[controller] === undefined && (await files.read(procs)) !== undefined)
      map[controller] = { version: 1, mount, writable: await files.writable(procs), enabled: true };
  }
  return map;
}

const GROUP_FILES: Record<Controller, readonly string[]> = {
  cpu: ['cpu.max', 'cpu.weight', 'cpu.cfs_period_us', 'cpu.cfs_quota_us', 'cpu.shares'],
  memory: ['memory.max', 'memory.swap.max', 'memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
  pids: ['pids.max'],
  io: ['io.weight', 'blkio.bfq.weight'],
};

function groupFiles(controllers: ControllerMap, name: string): string[] {
  return CONTROLLERS.flatMap((controller) => {
    const mount = controllers[controller]?.mount;
    if (mount === undefined) return [];
    return [...GROUP_FILES[controller], 'cgroup.procs'].map((file) => join(mount, name, file));
  });
}

async function readFiles(paths: readonly string[], files: KernelFiles): Promise<Record<string, string>> {
  const entries = await Promise.all(paths.map(async (path) => [path, await files.read(path)] as const));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function readSysctls(
  policy: HostPolicy,
  paths: HostPaths,
  files: KernelFiles,
): Promise<Record<string, SysctlFacts>> {
  const found: Record<string, SysctlFacts> = {};
  for (const { name } of policy.sysctls) {
    const path = sysctlPath(paths, name);
    const value = await files.read(path);
    if (value !== undefined) found[name] = { value, writable: await files.writable(path) };
  }
  return found;
}

function words(text: string | undefined): ReadonlySet<string> {
  return new Set(text?.split(/\s+/) ?? []);
}
