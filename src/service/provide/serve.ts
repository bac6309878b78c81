import { setTimeout as delay } from 'node:timers/promises';
import { hostKey } from '../../chain/index.ts';
import { buildManifest, saveManifest } from '../../guard/index.ts';
import type { AppliedPlan } from '../../hardening/index.ts';
import { systemdSandbox } from '../../hardening/index.ts';
import { ExternalError } from '../../system/errors.ts';
import { ownCommand } from '../../system/process.ts';
import type { PinnedChain } from '../chain-trust.ts';
import type { ServiceDefinition } from '../definitions.ts';
import { readStatus } from '../fast-status.ts';
import { guardKeys } from '../ngd/answer-attest.ts';
import { clearCut } from '../ngd/cut.ts';
import { guardedFiles } from '../ngd/guarded-files.ts';
import { keptFromGatekeeper } from '../ngd/kept-apart.ts';
import { savePin } from '../ngd/pin.ts';
import { forgetProven } from '../ngd/proven.ts';
import type { StatusDocument } from '../status-document.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

/** NG answers within a second or two; NGd's first look takes a little longer. */
const DEADLINE_MS = 60_000;

export interface ServiceResult {
  manager: 'systemd' | 'supervisor';
  /** Whether and how the services come back after a reboot. */
  boot: string;
  status: StatusDocument;
}

/** Starts NG and NGd as supervised services, and waits until both have answered. */
export function serviceStep(session: Session, applied: AppliedPlan, pinned: PinnedChain): Step<ServiceResult> {
  return {
    run: () => serve(session, applied, pinned),
    detail: ({ manager, boot, status }) => ({
      manager,
      boot,
      ng: status.service.ng,
      ngd: status.service.ngd,
      integrity: status.integrity,
      summary: `NG and NGd run (${manager}), this host is ${status.integrity}`,
    }),
  };
}

async function serve(session: Session, applied: AppliedPlan, pinned: PinnedChain): Promise<ServiceResult> {
  const { home, manager, environment } = session;
  const sandbox = (service: 'ng' | 'ngd') => systemdSandbox(applied.sandbox, service, { homeRoot: home.root });
  const after = ['chain', 'libvirtd'] as const;
  // This host has joined anew: what cut it off before is over, and NG heeds a cut as soon as it is up.
  await clearCut(home);
  // There before NG's unit starts, which may not write to the guard's directory nor read what unlocks its key.
  await hostKey(guardKeys(home), { create: true });
  await manager.ensure({
    name: 'ng',
    description: 'Logos gatekeeper (NG)',
    command: [...ownCommand(), 'internal', 'ng'],
    env: environment,
    after,
    sandbox: { ...sandbox('ng'), ...keptFromGatekeeper(home) },
  });
  const ngd: ServiceDefinition = {
    name: 'ngd',
    description: 'Logos integrity daemon (NGd)',
    command: [...ownCommand(), 'internal', 'ngd'],
    env: environment,
    after: ['ng'],
    sandbox: sandbox('ngd'),
  };
  // NGd's unit is one of the files that it guards: written first, started once the manifest has it.
  await manager.define(ngd);
  await savePin(home, pinned);
  // What NGd proved before may be of rules that this run has replaced.
  await forgetProven(home);
  await saveManifest(home, await buildManifest(await guardedFiles(home)));
  await manager.ensure(ngd);
  const status = await untilServing(session);
  return { manager: manager.kind, boot: (await manager.bootStart()).detail, status };
}

async function untilServing({ home, signal }: Session): Promise<StatusDocument> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    signal.throwIfAborted();
    const status = await readStatus(home);
    if (status.state === 'providing' && status.integrity !== 'unknown') return status;
    if (performance.now() > deadline) {
      throw new ExternalError(
        'service-not-ready',
        `The services do not answer as they should: ${status.message ?? status.state}`,
        {
          nextSteps: ['See `logos service logs ng` and `logos service logs ngd`.'],
        },
      );
    }
    await delay(250, undefined, { signal }).catch(() => {});
  }
}
