import { join } from 'node:path';
import type { KernelFiles } from '../kernel-files.ts';
import type { HostPaths } from '../paths.ts';
import type { Readings } from './decide.ts';

/** Counters of one look, from which the next one tells what went on in between. */
export interface Counters {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
  /** Microseconds that something of the owner's waited so far. */
  readonly cpuUs?: number;
  readonly memoryUs?: number;
  /** Ticks of all processors: all, and those with nothing to do. */
  readonly ticks?: number;
  readonly idleTicks?: number;
}

interface Seen {
  readonly counters: Counters;
  readonly readings: Omit<Readings, 'minute' | 'paused'>;
}

/**
 * Looks at pressure (PSI), load, temperature and battery. Where groups of the owner have a pressure of their own (cgroup
 * v2), guests don't count into it; else it is the whole machine's, which errs in favour of the owner.
 */
export async function readMachine(
  paths: HostPaths,
  files: KernelFiles,
  cores: number,
  before: Counters | undefined,
  at = performance.now(),
): Promise<Seen> {
  const [cpuUs, memoryUs] = await Promise.all([waited('cpu', paths, files), waited('memory', paths, files)]);
  const { ticks, idleTicks } = processorTicks((await files.read(join(paths.proc, 'stat'))) ?? '');
  const counters = { at, cpuUs, memoryUs, ticks, idleTicks };
  const load = Number((await files.read(join(paths.proc, 'loadavg')))?.split(' ')[0] ?? Number.NaN);
  return {
    counters,
    readings: {
      cpuPressure: shareOf(cpuUs, before?.cpuUs, at, before?.at),
      memoryPressure: shareOf(memoryUs, before?.memoryUs, at, before?.at),
      idle: idleShare(counters, before),
      loadPerCore: Number.isFinite(load) ? load / cores : undefined,
      temperatureC: await hottest(paths, files),
      onBattery: await onBattery(paths, files),
    },
  };
}

/** The line `cpu` of proc_stat(5); a guest's time is in its emulator's already. */
function processorTicks(text: string): { ticks?: number; idleTicks?: number } {
  const numbers = /^cpu +([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number).slice(0, 8) ?? [];
  const [, , , idle, waiting = 0] = numbers;
  if (idle === undefined) return {};
  return { ticks: numbers.reduce((sum, value) => sum + value, 0), idleTicks: idle + waiting };
}

function idleShare(now: Counters, before: Counters | undefined): number | undefined {
  if (now.ticks === undefined || now.idleTicks === undefined) return undefined;
  if (before?.ticks === undefined || before.idleTicks === undefined || now.ticks <= before.ticks) return undefined;
  return Math.min(1, Math.max(0, (now.idleTicks - before.idleTicks) / (now.ticks - before.ticks)));
}

/** `some … total=N` of the owner's groups, together: the largest counter may be that of a group that waits no more; Documentation/accounting/psi.rst. */
async function waited(what: 'cpu' | 'memory', paths: HostPaths, files: KernelFiles): Promise<number | undefined> {
  const roots = [paths.cgroup, join(paths.cgroup, 'unified')];
  const owners = roots.flatMap((root) =>
    ['user.slice', 'system.slice'].map((slice) => join(root, slice, `${what}.pressure`)),
  );
  const texts = (await Promise.all(owners.map((path) => files.read(path)))).filter((text) => text !== undefined);
  if (texts.length === 0) texts.push((await files.read(join(paths.proc, 'pressure', what))) ?? '');
  const totals = texts.flatMap((text) => {
    const total = /^some .*total=(\d+)/m.exec(text)?.[1];
    return total === undefined ? [] : [Number(total)];
  });
  return totals.length === 0 ? undefined : totals.reduce((sum, total) => sum + total, 0);
}

function shareOf(now?: number, before?: number, at?: number, since?: number): number | undefined {
  if (now === undefined || before === undefined || at === undefined || since === undefined || at <= since)
    return undefined;
  return Math.min(1, Math.max(0, (now - before) / ((at - since) * 1_000)));
}

/** Of all thermal zones; Documentation/driver-api/thermal/sysfs-api.rst gives millidegrees. */
async function hottest(paths: HostPaths, files: KernelFiles): Promise<number | undefined> {
  const directory = join(paths.sys, 'class/thermal');
  const zones = (await files.names(directory)).filter((name) => name.startsWith('thermal_zone'));
  const texts = await Promise.all(zones.map((zone) => files.read(join(directory, zone, 'temp'))));
  const degrees = texts.map((text) => Number(text ?? Number.NaN) / 1_000).filter(Number.isFinite);
  return degrees.length === 0 ? undefined : Math.max(...degrees);
}

/** A battery that discharges; Documentation/ABI/testing/sysfs-class-power. */
async function onBattery(paths: HostPaths, files: KernelFiles): Promise<boolean | undefined> {
  const directory = join(paths.sys, 'class/power_supply');
  const names = await files.names(directory);
  const of = (name: string, file: string): Promise<string | undefined> => files.read(join(directory, name, file));
  const batteries: string[] = [];
  for (const name of names) {
    // A mouse has a battery, too, and does not run the machine.
    if ((await of(name, 'type')) === 'Battery' && (await of(name, 'scope')) !== 'Device') batteries.push(name);
  }
  if (batteries.length === 0) return undefined;
  const states = await Promise.all(batteries.map((name) => of(name, 'status')));
  return states.includes('Discharging');
}
