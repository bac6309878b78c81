import type { BlockNumber, Hash, MachineRecord, Operation } from '../../chain/index.ts';
import { evidenceDigest, readReport } from './report.ts';

/** A fault that the chain can't see, with what shows it. All of it is on chain: anybody finds the same. */
export interface SeenFault {
  readonly fault: 'refused' | 'deviates';
  /** A clause, such as `operation 7 was not done by block 120`. */
  readonly what: string;
  readonly evidence: Hash;
}

/** Blocks that a native command may run (sandbox: `limitSeconds` is 86,400 at most, 3 s a block): what was claimed in time may be reported late. */
const LONGEST_RUN_BLOCKS = 28_800;

/** Operations that are looked at: the newest ones. The chain forgets the evidence of older reports, and nobody is struck twice. */
const NEWEST = 16;

const ENDED: readonly Operation['state'][] = ['done', 'failed'];

/**
 * What a machine did against the rules and was not reported for yet: operations asked of it since it joined that
 * it left undone past their deadline (one that failed has told its reason on chain, and is no fault), and a heartbeat that says that the machine deviates.
 */
export function seenFaults(
  now: BlockNumber,
  { machine, reported, ruling }: MachineRecord,
  operations: readonly Operation[],
): SeenFault[] {
  const { account, since, seen, report } = machine;
  const own = operations.filter(({ host, requestedAt }) => host === account && requestedAt >= since);
  const refused = own
    .filter(
      ({ state, deadline }) =>
        !ENDED.includes(state) && now > deadline + (state === 'claimed' ? LONGEST_RUN_BLOCKS : 0),
    )
    .filter(({ deadline }) => couldAct(deadline, ruling))
    .slice(-NEWEST)
    .map(({ id, deadline }): SeenFault => {
      const evidence = evidenceDigest({ account, fault: 'refused', operation: id.toString(), deadline });
      return { fault: 'refused', what: `operation ${id} was not done by block ${deadline}`, evidence };
    });
  const deviates: SeenFault[] =
    readReport(account, report) === 'deviated'
      ? [
          {
            fault: 'deviates',
            what: `its heartbeat in block ${seen} says that it deviates`,
            evidence: evidenceDigest({ account, fault: 'deviates', seen, report }),
          },
        ]
      : [];
  return [...refused, ...deviates].filter(({ evidence }) => !reported.includes(evidence));
}

/** While a machine is suspended, the runtime refuses whatever would end an operation. */
function couldAct(deadline: BlockNumber, ruling: MachineRecord['ruling']): boolean {
  if (ruling?.decision === 'suspended') return deadline <= ruling.at;
  return ruling?.decision !== 'readmitted' || deadline > ruling.at;
}
