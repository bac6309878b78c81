import type { GpuFigures, PathComparison, PathResult } from '../compare.ts';
import type { GuestFigures } from '../guest.ts';
import { WORKS } from '../work.ts';
import { type Bar, barChart } from './bars.ts';
import { documentText, element, type Markup } from './element.ts';
import { duration, percent, times } from './text.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2430; --dim: #667; --paper: #fff; --line: #d7dae2; --host: #9aa3b5; --kvm: #2b8a3e; --qemu: #c2571a; --gpu: #3461c9 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ee; --dim: #99a1b3; --paper: #14171d; --line: #343a46; --host: #6b7488; --kvm: #51cf66; --qemu: #f08c4b; --gpu: #7b9ff5 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem } p.note { color: var(--dim); font-size: .9rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
svg { width: 100%; height: auto } svg text { font-size: 13px; fill: var(--ink); dominant-baseline: middle } svg .label { text-anchor: end } svg .value { fill: var(--dim) }
rect.host { fill: var(--host) } rect.kvm { fill: var(--kvm) } rect.qemu { fill: var(--qemu) } rect.gpu { fill: var(--gpu) }`;

/** The comparison as one HTML file that needs no other. */
export function reportHtml(comparison: PathComparison): string {
  const { host, paths, at } = comparison;
  const about = `${host.cpu}, ${host.threads} threads, ${Math.round(host.memoryMiB / 1024)} GiB; ${host.os}, Linux ${host.kernel}; ${at}`;
  const nested = host.guestOf
    ? `This host is itself a guest (${host.guestOf}): guests with KVM would be nested.`
    : undefined;
  return documentText(
    element(
      'html',
      { lang: 'en' },
      element(
        'head',
        {},
        element('meta', { charset: 'utf-8' }),
        element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
        element('title', {}, 'Ways to lend this machine'),
        element('style', {}, STYLE),
      ),
      element(
        'body',
        {},
        element('h1', {}, 'Ways to lend this machine'),
        element('p', {}, about),
        nested ? element('p', {}, nested) : undefined,
        ...summary(paths),
        ...efficiency(paths),
        ...starts(paths),
        ...paths.flatMap(details),
      ),
    ),
  );
}

function summary(paths: readonly PathResult[]): Markup[] {
  const rows = paths.map(({ path, accelerator, works, reason }) => [
    `${path} (${accelerator})`,
    works ? 'works' : 'does not work',
    reason,
  ]);
  return [element('h2', {}, 'What works, found by trying'), table(['path', 'here', 'why'], rows)];
}

function efficiency(paths: readonly PathResult[]): Markup[] {
  const bars = paths.flatMap(({ path, guest, gpu }): Bar[] => [
    ...(guest?.works ?? []).map(({ name, efficiency: value }): Bar => {
      return { label: `${path}: ${WORKS[name].title}`, value, text: percent(value), kind: path };
    }),
    ...(gpu?.jobs ?? []).map(({ name, size, ratio }): Bar => {
      return { label: `${path}: ${name} ${size}`, value: ratio, text: percent(ratio), kind: path };
    }),
  ]);
  if (bars.length === 0) return [];
  const whole: Bar = { label: 'the host itself', value: 1, text: '100 %', kind: 'host' };
  return [
    element('h2', {}, 'How much of the host arrives'),
    barChart('Rate in a guest, or through the GPU service, as a share of the rate on the host', [whole, ...bars]),
    note(
      'A guest and its host run the same programs in turn. CPU and memory are for each second of CPU time that the host spends; disk and network for each second of wall time. Jobs of the GPU path run through a service, beside the same jobs by the bare driver, with their transfers.',
    ),
  ];
}

function starts(paths: readonly PathResult[]): Markup[] {
  const bars = paths.flatMap(({ path, guest, gpu }): Bar[] => {
    const first = guest ? middleMs(guest) : gpu?.firstResultMs;
    if (first === undefined) return [];
    return [
      { label: `${path}: ${guest ? 'guest up' : 'first result'}`, value: first, text: duration(first), kind: path },
    ];
  });
  if (bars.length === 0) return [];
  return [element('h2', {}, 'How long until it is there'), barChart('Time until a guest is up or a job is done', bars)];
}

function middleMs({ boots }: GuestFigures): number | undefined {
  return boots.map(({ ms }) => ms).sort((a, b) => a - b)[boots.length >> 1];
}

function details({ path, guest, gpu }: PathResult): Markup[] {
  return [...(guest ? guestDetails(path, guest) : []), ...(gpu ? gpuDetails(gpu) : [])];
}

function guestDetails(path: string, { boots, works }: GuestFigures): Markup[] {
  const rows = works.map(({ name, unit, per, host, guest, efficiency: share, cpuCost }) => [
    WORKS[name].title,
    `${host.rate} ${unit}`,
    `${guest.rate} ${unit}`,
    per === 'cpu' ? 'CPU second' : 'second',
    percent(share),
    times(cpuCost),
  ]);
  const told = boots.map(({ ms, cpuSeconds }) => `${duration(ms)} (${cpuSeconds.toFixed(1)} s of CPU time)`).join(', ');
  return [
    element('h2', {}, `Path ${path}`),
    element('p', {}, `Starts: ${told}.`),
    table(['work', 'host', 'guest', 'for each', 'efficiency', 'CPU time for the same'], rows),
  ];
}

function gpuDetails({ device, standIn, jobs }: GpuFigures): Markup[] {
  const rows = jobs.map(({ name, size, unit, local, network, ratio }) => [
    `${name} ${size}`,
    `${local} ${unit}`,
    `${network} ${unit}`,
    percent(ratio),
  ]);
  const said = standIn
    ? `There is no GPU to lend here: ${device}, the processor as OpenCL shows it, stands in for one to show what the service costs.`
    : `Device: ${device}.`;
  return [
    element('h2', {}, 'Path gpu'),
    element('p', {}, said),
    table(['job', 'by the driver', 'through the service', 'efficiency'], rows),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  const line = (name: 'th' | 'td', cells: readonly string[]): Markup =>
    element('tr', {}, ...cells.map((cell) => element(name, {}, cell)));
  return element(
    'table',
    {},
    element('thead', {}, line('th', head)),
    element('tbody', {}, ...rows.map((cells) => line('td', cells))),
  );
}

function note(text: string): Markup {
  return element('p', { class: 'note' }, text);
}
