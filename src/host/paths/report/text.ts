import type { PathComparison, PathResult } from '../compare.ts';
import { WORKS } from '../work.ts';

/** The comparison in lines for a terminal. */
export function reportLines({ paths }: PathComparison): string[] {
  return paths.flatMap((result) => [
    `${result.path} (${result.accelerator}): ${result.works ? 'works' : 'does not work'}: ${result.reason}`,
    ...figureLines(result).map((line) => `  ${line}`),
  ]);
}

function figureLines({ guest, gpu }: PathResult): string[] {
  const boots = guest?.boots.map(({ ms }) => duration(ms)).join(', ');
  return [
    ...(boots ? [`starts ${boots}`] : []),
    ...(guest?.works ?? []).map(({ name, unit, host, guest: reached, efficiency, cpuCost }) => {
      const rates = `${reached.rate} of ${host.rate} ${unit}`;
      return `${WORKS[name].title.padEnd(18)} ${percent(efficiency).padStart(7)}  ${rates}, ${times(cpuCost)} the CPU time`;
    }),
    ...(gpu
      ? [`${gpu.standIn ? 'no GPU; instead ' : ''}${gpu.device}: first result ${duration(gpu.firstResultMs)}`]
      : []),
    ...(gpu?.jobs ?? []).map(({ name, size, unit, local, network, ratio }) => {
      return `${`${name} ${size}`.padEnd(18)} ${percent(ratio).padStart(7)}  ${network} of ${local} ${unit}`;
    }),
  ];
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function times(factor: number): string {
  return `${factor.toPrecision(2)} ×`;
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
