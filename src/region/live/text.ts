import type { RegionDefinition } from '../definition.ts';
import type { Drift } from './drift.ts';
import type { RegionLook } from './look.ts';

/** A look at a region as lines for people, without a terminal to draw on. */
export function regionText({ servers }: RegionDefinition, look: RegionLook, drift: readonly Drift[] = []): string[] {
  const { hosts, cloud, error, classes } = look;
  const lines = hosts.map(({ name, facts, error: why }) => {
    const roles = servers.find((server) => server.name === name)?.roles.join(', ') ?? '';
    if (facts === undefined) return `${name.padEnd(12)} no answer: ${why ?? ''}`;
    const { load, cpus, availableMiB, memoryMiB, failed } = facts;
    const units = failed.length === 0 ? '' : `, failed: ${failed.join(' ')}`;
    return `${name.padEnd(12)} up  load ${load}/${cpus}, ${availableMiB} of ${memoryMiB} MiB free${units}  (${roles})`;
  });
  if (cloud === undefined) lines.push(`The API does not answer: ${error ?? ''}`);
  for (const { name, hosts: its, guests, vcpus, memoryMiB, room } of classes) {
    const use = `${vcpus.used}/${vcpus.total} vCPUs, ${memoryMiB.used}/${memoryMiB.total} MiB in use`;
    const kept = `${vcpus.kept} vCPUs and ${memoryMiB.kept} MiB kept free`;
    lines.push(`class ${name}: ${its.length} hosts, ${guests} guests, ${use}, ${kept}, room for ${room} more`);
  }
  for (const { service, error: why } of cloud?.apis ?? []) if (why !== null) lines.push(`${service}: ${why}`);
  for (const { binary, host, up } of cloud?.services ?? []) if (!up) lines.push(`${binary} on ${host} is down`);
  for (const [part, why] of Object.entries(cloud?.wrong ?? {})) lines.push(`${part} could not be asked: ${why}`);
  for (const { guest, from, to, state } of cloud?.evacuations ?? [])
    lines.push(`guest ${guest} evacuated from ${from ?? '?'} to ${to ?? '?'}: ${state}`);
  return [...lines, ...drift.flatMap(driftText)];
}

function driftText({ server, differences, error }: Drift): string[] {
  if (error !== undefined) return [`${server} could not be compared: ${error}`];
  if (differences === undefined) return [`${server}: no run from this machine to compare with`];
  if (differences.length === 0) return [`${server}: files as applied`];
  return [`${server}: ${differences.length} differences`, ...differences.map((line) => `  ${line}`)];
}
