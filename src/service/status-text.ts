import type { StatusDocument, StatusService, StatusShare } from './status-document.ts';

const COLUMNS = 80;
const LABEL = 12;

/** The status as plain text of at most 80 columns, for where there is no terminal to draw on. */
export function statusText(status: StatusDocument): string {
  const { chain, gatekeeper, integrityDetail } = status;
  const lines = [
    row('State', status.message ? `${status.state} – ${status.message}` : status.state),
    row('Class', status.class),
    row('Scores', status.scores?.map(({ name, value, unit }) => `${name} ${rounded(value)} ${unit}`).join(', ')),
    row('Path', status.path && status.pathReason ? `${status.path} – ${status.pathReason}` : status.path),
    row('Lent', shareText(status.lent)),
    row('Kept', shareText(status.kept)),
    row('Integrity', [status.integrity, ...(integrityDetail?.deviations ?? [])].join('; ')),
    row('Chain', chain && `${chain.name}, block ${chain.height}, finalised ${chain.finalized}`),
    row('Account', status.account),
    row(
      'Gatekeeper',
      gatekeeper &&
        `${gatekeeper.executed} executed, ${gatekeeper.refused} refused, ${gatekeeper.failed} failed, ${gatekeeper.pending} pending`,
    ),
    row('NG', serviceText(status.service.ng)),
    row('NGd', serviceText(status.service.ngd)),
    row('DVMs', status.dvms.length === 0 ? 'none' : String(status.dvms.length)),
    ...status.dvms.map(
      (dvm) => `${' '.repeat(LABEL)}${dvm.name}  ${dvm.state}  ${dvm.vcpus} vCPU  ${dvm.memoryMiB} MiB  ${dvm.path}`,
    ),
    ...status.events
      .slice(-5)
      .map((event, index) =>
        row(index === 0 ? 'Events' : '', `${event.at.slice(11, 19)} ${event.source}: ${event.text}`),
      ),
  ];
  return lines.flatMap((line) => wrapped(line)).join('\n');
}

function row(label: string, value: string | null | undefined): string {
  return `${label.padEnd(LABEL)}${clean(value) || '–'}`;
}

/** Texts come from logs, guests and the chain: control characters must not reach a terminal. */
function clean(text: string | null | undefined): string {
  return (text ?? '').replace(/\p{Cc}/gu, ' ');
}

function shareText(share: StatusShare | null): string | null {
  if (!share) return null;
  const used =
    share.cpuUsed === null ? '' : ` (in use: ${rounded(share.cpuUsed)} cores, ${share.memoryUsedMiB ?? '–'} MiB)`;
  return `${rounded(share.cpuCores)} cores, ${share.memoryMiB} MiB${used}`;
}

export function serviceText(service: StatusService | null): string | null {
  if (!service) return null;
  const pid = service.pid === null ? '' : `, process ${service.pid}`;
  const restarts = service.restarts === 0 ? '' : `, started anew ${service.restarts} times`;
  return `${service.state}${pid}${restarts}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Breaks at spaces; what follows stands under the value. */
function wrapped(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > COLUMNS) {
    const space = rest.lastIndexOf(' ', COLUMNS);
    const at = space > LABEL ? space : COLUMNS;
    lines.push(rest.slice(0, at));
    rest = ' '.repeat(LABEL) + rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
