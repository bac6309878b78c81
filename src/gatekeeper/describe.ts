import { admittedKinds, type GatekeeperDefinition, type OriginRule } from './definition.ts';
import type { DeployedGatekeeper } from './deployment.ts';
import type { RequestRecord } from './request-log.ts';
import type { Trace } from './trace.ts';

/** A definition as lines of text; without `deployed` it is the built-in one. */
export function describeDefinition(definition: GatekeeperDefinition, deployed?: DeployedGatekeeper): string {
  const which =
    deployed === undefined
      ? 'Built-in gatekeeper: this host has not joined.'
      : `Gatekeeper ${definition.version}, SHA-256 ${deployed.digest}`;
  const requests = admittedKinds(definition).map((kind) => {
    const { origins = [], compliant = false, role } = definition.requests[kind] ?? {};
    const needs = [
      compliant ? '; host complies' : '',
      role === undefined ? '' : `; role ${role.name} (${role.access})`,
    ];
    return `  ${kind.padEnd(20)} from ${origins.map(originText).join(', ')}${needs.join('')}`;
  });
  const { accept, commands, maximumDvms } = definition.operations;
  const operations = accept.length === 0 ? 'none' : `${accept.join(', ')}; at most ${maximumDvms} DVMs`;
  const native = commands.length === 0 ? 'none' : commands.join(', ');
  return [which, 'Requests:', ...requests, `Operations of the chain: ${operations}`, `Commands: ${native}`].join('\n');
}

function originText(rule: OriginRule): string {
  return rule.source === 'chain' ? 'the chain' : `${rule.source} (${rule.who})`;
}

/** Requests as a table, one a line of at most 80 columns; below one that was refused or failed, why. Times are UTC. */
export function describeRequests(records: readonly RequestRecord[]): string {
  if (records.length === 0) return 'No requests yet.';
  return records
    .flatMap(({ at, kind, outcome, stage, ms, id, code }) => {
      const when = `${at.slice(0, 10)} ${at.slice(11, 19)}`;
      const row = [when, id.slice(0, 8), kind.padEnd(18), `${Math.round(ms)} ms`.padStart(8), outcome.padEnd(8), stage];
      return code === undefined ? [row.join('  ')] : [row.join('  '), `  ${code}`];
    })
    .join('\n');
}

/** A request's way, one step a line. */
export function describeTrace({ request, kind, outcome, attempts, steps }: Trace): string {
  const times = attempts === 1 ? '' : `, ${attempts} attempts`;
  const lines = steps.map(({ step, state, ms, detail }) => {
    const time = ms === undefined ? '' : ms < 10 ? `${ms.toFixed(3)} ms` : `${Math.round(ms)} ms`;
    const what = Object.entries(detail).map(([name, value]) => `${name} ${textOf(value)}`);
    return `  ${step.padEnd(9)}  ${state.padEnd(7)}  ${time.padStart(10)}  ${what.join(', ')}`.trimEnd();
  });
  return [`${kind} ${request}: ${outcome}${times}`, ...lines].join('\n');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
