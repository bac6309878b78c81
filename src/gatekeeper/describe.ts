import { admittedKinds, type GatekeeperDefinition, type OriginRule } from './definition.ts';
import type { DeployedGatekeeper } from './deployment.ts';
import type { RequestRecord } from './request-log.ts';

/** A definition as lines of text; without `deployed` it is the built-in one. */
export function describeDefinition(definition: GatekeeperDefinition, deployed?: DeployedGatekeeper): string {
  const which =
    deployed === undefined
      ? 'Built-in gatekeeper: this host has not joined.'
      : `Gatekeeper ${definition.version}, SHA-256 ${deployed.digest}`;
  const requests = admittedKinds(definition).map((kind) => {
    const from = (definition.requests[kind]?.origins ?? []).map(originText).join(', ');
    return `  ${kind.padEnd(20)} from ${from}`;
  });
  const { accept, commands, maximumDvms } = definition.operations;
  const operations = accept.length === 0 ? 'none' : `${accept.join(', ')}; at most ${maximumDvms} DVMs`;
  const native = commands.length === 0 ? 'none' : commands.join(', ');
  return [which, 'Requests:', ...requests, `Operations of the chain: ${operations}`, `Commands: ${native}`].join('\n');
}

function originText(rule: OriginRule): string {
  return rule.source === 'chain' ? 'the chain' : `${rule.source} (${rule.who})`;
}

/** Requests as a table, one a line. */
export function describeRequests(records: readonly RequestRecord[]): string {
  if (records.length === 0) return 'No requests yet.';
  return records
    .map(({ at, kind, outcome, stage, ms, id, code }) =>
      [
        at,
        id.slice(0, 8),
        kind.padEnd(18),
        outcome.padEnd(8),
        stage.padEnd(9),
        `${Math.round(ms)} ms`.padStart(9),
        code ?? '',
      ]
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
