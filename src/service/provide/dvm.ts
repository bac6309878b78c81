import { setTimeout as delay } from 'node:timers/promises';
import { hostAddress } from '../../chain/index.ts';
import { type Dvm, listDvms, withLibvirt } from '../../hypervisor/index.ts';
import { ExternalError } from '../../system/errors.ts';
import { type Gatekeeper, openGatekeeper } from '../gatekeeper.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

/** Longer than any template's own deadline; a host that is this late has a fault. */
const DEADLINE_MS = 300_000;

/**
 * With nothing open on chain for this long, nothing was asked: a guest that admission asks for is in the admitting transaction.
 * So it is in a region without an admission template, and on a host whose owner stopped its guest and provides again.
 */
const QUIET_MS = 20_000;

export interface DvmResult {
  dvms: Dvm[];
  /** What the guest printed, where it was started by this run. */
  line?: string;
  bootMs?: number;
  operation?: string;
}

/** The chain asks for a guest, the gatekeeper starts it, and its result goes on chain. */
export function dvmStep(session: Session): Step<DvmResult> {
  return {
    run: () => serveOperations(session),
    detail: (result) => ({
      ...result,
      name: result.dvms[0]?.name,
      summary: summary(result),
    }),
  };
}

function summary({ dvms, line }: DvmResult): string {
  if (dvms.length === 0) return 'the chain asks this host for no DVM now; the service waits for what it asks';
  return `${dvms.map((dvm) => dvm.name).join(', ')} runs${line ? `: ${line}` : ''}`;
}

async function serveOperations(session: Session): Promise<DvmResult> {
  const opened = await openGatekeeper(session.home, {
    exec: session.exec,
    log: ({ message }) => session.progress({ event: 'note', phase: 'dvm', message }),
  });
  try {
    return await untilOneRuns(session, opened);
  } finally {
    await opened.close();
  }
}

async function untilOneRuns(session: Session, { gatekeeper, chain, lastStart }: Gatekeeper): Promise<DvmResult> {
  const { home, signal } = session;
  const host = await hostAddress(home.keys);
  const deadline = performance.now() + DEADLINE_MS;
  let lastOpen = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const { steps } = await gatekeeper.processOperations(signal);
    // After a reboot the chain asks nothing new: what it asked for before is brought back.
    await gatekeeper.restoreDvms(signal);
    const dvms = (await withLibvirt(home, listDvms)).filter((dvm) => dvm.state === 'running');
    if (dvms.length > 0) {
      const started = lastStart();
      return { dvms, line: started?.line, bootMs: started?.bootMs, operation: steps[0] && String(steps[0].id) };
    }
    const failed = steps.find((step) => step.step === 'failed' || step.step === 'refused');
    if (failed && 'reason' in failed) {
      throw new ExternalError(
        'dvm-not-started',
        `The chain asked for a DVM, and it could not be started: ${failed.reason}`,
        {
          nextSteps: ['See `logos service logs libvirtd`, put the cause right, and run `logos provide` again.'],
        },
      );
    }
    if ((await chain.openOperations(host)).length > 0) lastOpen = performance.now();
    if (performance.now() - lastOpen > QUIET_MS) return { dvms };
    if (performance.now() > deadline) {
      throw new ExternalError('dvm-not-approved', 'The chain asks for a DVM, and nobody approved it in time.', {
        nextSteps: ['See `logos gatekeeper requests`, then run `logos provide` again.'],
      });
    }
    await delay(500, undefined, { signal }).catch(() => {});
  }
}
