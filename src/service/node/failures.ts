import { ExternalError, type LogosError, UserError } from '../../system/errors.ts';
import type { NodeSettings } from './settings.ts';
import { otherChain } from './specification.ts';

/** What of a node's settings a failure speaks of. */
export type FailureSubject = Pick<NodeSettings, 'directory' | 'port' | 'rpcPort' | 'metricsPort'>;

interface Failure {
  pattern: RegExp;
  error: (subject: FailureSubject, line: string) => LogosError;
}

/** The node's own words, most telling first. Where it ended, one of its last lines says why. */
const FAILURES: readonly Failure[] = [
  { pattern: /genesis mismatch/, error: ({ directory }) => otherChain(directory) },
  {
    pattern: /dropped below threshold|Out of storage space|StorageOutOfSpace|No space left on device|StorageFull/,
    error: ({ directory }) =>
      new UserError(
        'disk-full',
        `The disk of ${directory} is nearly full, so the node stopped before it lost a block.`,
        {
          nextSteps: [
            'Free some space (df -h), or move the directory to a larger disk and name it with --base-path.',
            'Then start the node again: `logos chain node start`. It goes on where it stopped.',
          ],
        },
      ),
  },
  {
    pattern: /Address already in use|os error 98/,
    error: ({ port, rpcPort, metricsPort }) =>
      new UserError('port-taken', `One of the ports ${port}, ${rpcPort} and ${metricsPort} is taken.`, {
        nextSteps: ['Choose others with --port, --rpc-port and --metrics-port, or stop what uses them (ss -ltnp).'],
      }),
  },
  {
    pattern: /Resource temporarily unavailable|os error 11\b|WouldBlock|Database file is in use/i,
    error: ({ directory }) =>
      new UserError('node-directory-busy', `Another process has the database in ${directory}.`, {
        nextSteps: ['Stop the other node, or give this one a directory of its own with --base-path.'],
      }),
  },
  {
    pattern: /Permission denied|os error 13\b/,
    error: ({ directory }) =>
      new UserError('permission-denied', `The node may not use ${directory}.`, {
        nextSteps: [`Run the command as the owner of ${directory}, or name another directory with --base-path.`],
      }),
  },
  {
    pattern: /chain specification .* can't be read|Error parsing spec file/,
    error: ({ directory }) =>
      new UserError('spec-invalid', `The node can't read ${directory}/chain-spec.json.`, {
        nextSteps: ['Remove that file and start the node again with --chain and a good specification.'],
      }),
  },
  {
    pattern: /Corruption|Invalid metadata|StateDatabase|parity_db::|UnexpectedEof|failed to fill whole buffer/,
    error: ({ directory }, line) =>
      new UserError('node-database-damaged', `The database in ${directory} is damaged: ${line}`, {
        nextSteps: [
          'Check the disk first: look for errors of it in `dmesg`.',
          `Put back a snapshot (docs/node.md), or remove ${directory}/chains/*/paritydb: the node fetches the chain anew. Its keys stay.`,
        ],
      }),
  },
];

/** Why a node ended, from the last lines that it printed. */
export function nodeFailure(lines: readonly string[], subject: FailureSubject): LogosError {
  for (const { pattern, error } of FAILURES) {
    const line = lines.findLast((candidate) => pattern.test(candidate));
    if (line !== undefined) return error(subject, line.trim().slice(0, 300));
  }
  return new ExternalError('node-not-started', 'The node did not start.', {
    lastLines: lines.slice(-5),
    nextSteps: ['See what it says with `logos service logs node`.', 'docs/node.md lists what can go wrong.'],
  });
}
