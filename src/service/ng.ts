import { setTimeout as delay } from 'node:timers/promises';
import { isSilence, openArtifacts } from '../chain/index.ts';
import type { GatekeeperEvent } from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import { localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { serveLocalApi } from './api/serve.ts';
import { readConfig } from './config.ts';
import { EventLog } from './event-log.ts';
import { type Gatekeeper, openGatekeeper } from './gatekeeper.ts';
import { type HardenAnew, hardenAnew } from './harden-anew.ts';
import { keepClass } from './keep-class.ts';
import { serviceManager } from './manager.ts';
import { StatusMonitor } from './monitor.ts';
import { readCut } from './ngd/cut.ts';
import { ngOrders } from './orders.ts';
import { hostOversight } from './oversight.ts';
import { keepOwnersShare } from './owner-share.ts';
import { isPaused } from './pause.ts';
import { reapplyAfterReboot } from './policy.ts';
import { watchSupervisor } from './supervisor/watch.ts';
import { tidyDvms } from './tidy-dvms.ts';
import { keepUptime } from './uptime.ts';

const LONGEST_WAIT_MS = 15_000;

/** The gatekeeper's process (NG): serves the local API at once, and the chain's requests whenever the chain answers. */
export async function runNg(home: Home, signal: AbortSignal): Promise<void> {
  const events = new EventLog(home);
  const manager = await serviceManager(home, new Journal(home.journal), localExec);
  const monitor = new StatusMonitor({ home, manager, events });
  const orders = ngOrders({ home, manager, monitor });
  const api = await serveLocalApi({
    home,
    status: () => monitor.document(),
    subscribe: (listener) => monitor.subscribe(listener),
    orders,
    gatekeeper: () => monitor.gatekeeper?.gatekeeper,
    deployments: () => monitor.gatekeeper?.deployments,
  });
  void watchSupervisor(home, signal);
  void heedCut(home, monitor, signal);
  let sharing: Promise<void> | undefined;
  try {
    if (!(await hardenAnew(policyOf(home, monitor), signal))) return;
    sharing = keepOwnersShare({ home, tell: (text) => monitor.tell('info', 'ng', text) }, signal);
    await monitor.tell('info', 'ng', 'The gatekeeper has started.');
    void tidyDvms(home, (text) => monitor.tell('info', 'dvm', text), signal);
    await serveChain(home, monitor, signal);
  } finally {
    await sharing;
    await monitor.close();
    await api.close();
  }
}

function policyOf(home: Home, monitor: StatusMonitor): HardenAnew {
  return {
    clock: systemClock,
    reapply: () => reapplyAfterReboot(home, localExec),
    tell: (severity, text) => monitor.tell(severity, 'ng', text),
    onTrouble: (why) => monitor.stumble(why),
  };
}

/** Between two looks whether NGd has cut this host off. */
const CUT_MS = 500;

/** While this host is cut off, the gatekeeper takes nothing on, as if its owner had paused it. */
async function heedCut(home: Home, monitor: StatusMonitor, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const cut = await readCut(home);
    if (cut !== undefined) {
      monitor.pause();
      const why = cut.because[0] ?? 'it deviated';
      monitor.cut(`NGd cut this host off at ${cut.at}: ${why}. Only a new \`logos provide\` takes that back.`);
      return;
    }
    await delay(CUT_MS, undefined, { signal }).catch(() => {});
  }
}

/** Opens the gatekeeper again and again while the chain is gone; between, the host stays as it is. */
async function serveChain(home: Home, monitor: StatusMonitor, signal: AbortSignal): Promise<void> {
  const log = (event: GatekeeperEvent): void => void monitor.tell(event.level, 'ng', event.message);
  let wait = 250;
  while (!signal.aborted) {
    let opened: Gatekeeper | undefined;
    let overseen: Promise<unknown> | undefined;
    const closing = new AbortController();
    try {
      opened = await openGatekeeper(home, { exec: localExec, log });
      wait = 250;
      await monitor.attach(opened);
      const { connection, chain, signer } = opened;
      const onStanding = (why: string | undefined): void => monitor.stand(why);
      const until = AbortSignal.any([signal, closing.signal]);
      const artifacts = openArtifacts(home.artifacts, { mirrors: (await readConfig(home)).artifactMirrors });
      const tell = (severity: 'info' | 'warning', text: string) => monitor.tell(severity, 'ng', text);
      overseen = Promise.all([
        hostOversight({ home, connection, chain, artifacts, signer, log, onStanding }, until),
        keepClass({ home, chain, artifacts, tell }, until),
        keepUptime({ home, isThere: async () => !(await isPaused(home)) }, until),
      ]);
      await runUnlessPaused(opened, monitor, signal);
    } catch (thrown) {
      const error = toLogosError(thrown);
      const { message } = error;
      // A chain that can't be reached is said in fewer words.
      if (!isSilence(error) && error.code !== 'chain-unreachable') monitor.stumble(message);
      await monitor.tell('warning', 'ng', message);
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    } finally {
      monitor.detach();
      closing.abort();
      await opened?.close();
      await overseen;
    }
    await delay(wait, undefined, { signal }).catch(() => {});
  }
}

/** Takes the chain's operations and deployments, except while the owner has paused this host. */
async function runUnlessPaused(
  { gatekeeper, deployments }: Gatekeeper,
  monitor: StatusMonitor,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const pause = monitor.untilPaused(signal);
    if (!pause.aborted) await Promise.all([gatekeeper.run(pause), deployments?.run(pause)]);
    await monitor.untilResumed(signal);
  }
}
