import { setTimeout as delay } from 'node:timers/promises';
import { type Dvm, listDvms, withLibvirt } from '../../hypervisor/index.ts';
import { ExternalError } from '../../system/errors.ts';
import { type Gatekeeper, openGatekeeper } from '../gatekeeper.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

/** Longer than any template's own deadline; a host that is this late has a fault. */
const DEADLINE_MS = 300_000;

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
      summary: `${result.dvms.map((dvm) => dvm.name).join(', ')} runs${result.line ? `: ${result.line}` : ''}`,
    }),
  };
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

async function untilOneRuns(session: Session, { gatekeeper, lastStart }: Gatekeeper): Promise<DvmResult> {
  const { home, signal } = session;
  const deadline = performance.now() + DEADLINE_MS;
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
    if (performance.now() > deadline) {
      throw new ExternalError('dvm-not-asked', 'The chain asked for no DVM in time.', {
        nextSteps: ['Check `logos chain status`, then run `logos provide` again.'],
      });
    }
    await delay(500, undefined, { signal }).catch(() => {});
  }
}
