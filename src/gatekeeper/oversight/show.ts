import type { MachineGuard, MachineRules } from '../../chain/index.ts';
import { describeRuling } from './describe.ts';
import type { Overseen, Oversight } from './overseer.ts';

/** The rules, then each machine: what was seen, what the rules decide, and why. */
export function describeOversight({ height, rules, machines }: Oversight): string {
  const fatal = rules.fatal.length === 0 ? 'nothing excludes at once' : `${rules.fatal.join(', ')} excludes at once`;
  const lines = [
    `Rules in block ${height}: a heartbeat every ${rules.heartbeatTerm} blocks${attestations(rules)};`,
    `  ${rules.suspendAt} strikes suspend, ${rules.excludeAt} exclude, ${rules.readmitAfter} clean heartbeats re-admit; ${fatal}`,
    ...machines.flatMap(describeMachine),
  ];
  if (machines.length === 0) lines.push('No machine is a member of this region.');
  return lines.join('\n');
}

function describeMachine({ record, integrity, judgement }: Overseen): string[] {
  const { machine, ruling, guard } = record;
  const heard = `heard of in block ${machine.seen}: ${integrity ?? 'no verdict'}`;
  return [
    machine.account,
    `  seen      ${machine.state}, ${machine.strikes} strikes, ${heard}`,
    ...(guard === undefined ? [] : [`  guard     ${describeGuard(guard)}`]),
    ...(ruling === undefined ? [] : [`  ruled     ${describeRuling(ruling)}`]),
    `  decision  ${judgement.decision}`,
    ...judgement.because.map((clause, index) => `  ${index === 0 ? 'because ' : '        '}  ${clause}`),
  ];
}

function attestations({ attestTerm }: MachineRules): string {
  return attestTerm === undefined ? '' : `, an attestation of a bound guard every ${attestTerm}`;
}

function describeGuard({ guard, manifest, seen, missed }: MachineGuard): string {
  if (manifest === undefined) return `${guard} has attested nothing yet`;
  const last = `attested ${manifest.slice(0, 10)}…, last in block ${seen}`;
  return missed ? `${last}, and missed its term since` : last;
}
