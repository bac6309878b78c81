import type { KnowledgeReport } from './read.ts';

/** Contracts, two lines each, below the block and the age of what is known. */
export function describeKnowledge(report: KnowledgeReport): string {
  const { region, knownAt, finalized, ageMs, specVersion, contracts } = report;
  const runtime = specVersion === undefined ? '' : `, runtime ${specVersion}`;
  const rows = contracts.flatMap(({ kind, section, layer, revision, address, runs, code, configuration }) => {
    const running = code === undefined ? `unknown code ${runs.slice(2, 10)}` : `${code.contract} ${code.version}`;
    const version = configuration === undefined ? '' : `  version ${configuration.version}`;
    return [
      `${kind.padEnd(13)}  ${section.padEnd(24)}  layer ${layer}  rev ${String(revision).padEnd(4)}${version}`.trimEnd(),
      `  ${address}  ${running}`,
    ];
  });
  return [
    `Region ${region} as of block ${knownAt.height} (final: ${finalized}${runtime}), ${spoken(ageMs)} ago.`,
    ...(rows.length === 0 ? ['No contracts are registered.'] : rows),
  ].join('\n');
}

/** In the largest unit of which there are two. */
function spoken(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
