import type { KnowledgeReport } from './read.ts';

/** Contracts as a table, one a line, below the block and the age of what is known. */
export function describeKnowledge(report: KnowledgeReport): string {
  const { region, knownAt, finalized, ageMs, specVersion, contracts } = report;
  const runtime = specVersion === undefined ? '' : `, runtime ${specVersion}`;
  const rows = contracts.map(({ kind, section, layer, revision, address, runs, code, configuration }) =>
    [
      kind.padEnd(13),
      section.padEnd(24),
      `layer ${layer}`,
      `rev ${revision}`.padEnd(6),
      address,
      `${code === undefined ? 'unknown code' : `${code.contract} ${code.version}`} (${runs.slice(2, 10)})`,
      configuration === undefined ? '' : `version ${configuration.version}`,
    ]
      .join('  ')
      .trimEnd(),
  );
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
