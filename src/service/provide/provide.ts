import { join } from 'node:path';
import { openArtifacts } from '../../chain/index.ts';
import { classify, inventoryDigest, ownerLimits, requirePath } from '../../host/index.ts';
import { UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { type KernelLock, tryKernelLock } from '../../system/kernel-lock.ts';
import type { PhaseName, Progress } from '../../system/progress.ts';
import { type Config, readConfig } from '../config.ts';
import { saveHostRecord } from '../host-record.ts';
import { classAnew } from '../keep-class.ts';
import { serviceManager } from '../manager.ts';
import { saveMeasured } from '../measured.ts';
import { type ChainChoice, chooseChain, openChain } from './chain.ts';
import { dvmStep } from './dvm.ts';
import { hardenStep } from './harden.ts';
import { joinStep } from './join.ts';
import { ensureLibvirtd, warmUpHypervisor } from './libvirtd.ts';
import { benchmarkStep, classStep, inventoryStep, pathStep, resourceClasses } from './measure.ts';
import { outcomeOf, previousClass, saveOutcome } from './outcome.ts';
import type { PlanItem } from './plan.ts';
import { preflightStep } from './preflight.ts';
import { serviceStep } from './serve.ts';
import { type Session, serviceEnvironment } from './session.ts';
import { Steps, StoppedAfter } from './steps.ts';

export interface ProvideOptions {
  home: Home;
  exec: Exec;
  progress: Progress;
  signal: AbortSignal;
  /** `dev`, or the WebSocket URL of a node; overrides the configuration. */
  chain?: string;
  chainPort?: number;
  /** Where trust in the chain begins; overrides the configuration. */
  trust?: Config['trust'];
  /** One step alone; those before it are taken from their saved results. */
  only?: PhaseName;
  fresh?: boolean;
  dryRun?: boolean;
  /** Asked with the plan before anything is changed. */
  confirm(plan: readonly PlanItem[]): Promise<boolean>;
}

/**
 * Makes this machine a host that lends compute: measured, classed, admitted by the chain, hardened as the chain says, with
 * one guest running and its gatekeeper at work. Killed at any line and called again, it goes on.
 */
export async function provide(options: ProvideOptions): Promise<void> {
  const { home, exec } = options;
  const config = withTrust(await readConfig(home), options.trust);
  const choice = chooseChain(options, config);
  const journal = new Journal(home.journal);
  const manager = await serviceManager(home, journal, exec);
  const session: Session = { ...options, config, journal, manager, environment: serviceEnvironment(home) };
  const steps = new Steps(options);
  try {
    const lock = await preflight(steps, session, choice, options);
    if (!lock) return;
    try {
      await run(steps, session, choice);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof StoppedAfter)) throw error;
  }
}

/** The command line wins over the file, one by one. */
function withTrust(config: Config, trust: Config['trust']): Config {
  const given = Object.entries(trust ?? {}).filter(([, value]) => value !== undefined);
  return given.length === 0 ? config : { ...config, trust: { ...config.trust, ...Object.fromEntries(given) } };
}

/** `undefined` after a dry run. */
async function preflight(
  steps: Steps,
  session: Session,
  choice: ChainChoice,
  options: ProvideOptions,
): Promise<KernelLock | undefined> {
  const { dryRun = false, confirm } = options;
  const { go } = await steps.step('preflight', preflightStep({ session, choice, dryRun, confirm }));
  if (!go) return undefined;
  const lock = await tryKernelLock(join(session.home.run, 'provide.lock'));
  if (lock) return lock;
  throw new UserError('already-running', '`logos provide` is already running for this instance.', {
    nextSteps: ['Watch it with `logos status`, or wait until it has ended.'],
  });
}

async function run(steps: Steps, session: Session, choice: ChainChoice): Promise<void> {
  const { home, manager, config, progress } = session;
  await warmUpHypervisor(session);
  const inventory = await steps.step('inventory', inventoryStep());
  const benchmark = await steps.step('benchmark', benchmarkStep(session));
  const { chain, pinned } = await openChain(choice, session);
  try {
    const artifacts = openArtifacts(home.artifacts, { mirrors: config.artifactMirrors });
    const classes = await resourceClasses(chain, artifacts);
    const previous = await previousClass(home);
    await steps.step('class', classStep(inventory, benchmark, classes, previous));

    const found = await steps.step('path', pathStep(session, inventory, benchmark, classes, previous));
    const path = requirePath(found);
    const verdict = classify(inventory, benchmark, classes, { path, previous });
    if (verdict.class === undefined) throw noClass(verdict.summary);

    // Only one process may hold the gatekeeper's store: until the service step that is this one.
    await manager.stop('ngd').catch(ignoreUnknown);
    await manager.stop('ng').catch(ignoreUnknown);
    const admission = { class: verdict.class, path, inventory: inventoryDigest(inventory, benchmark) };
    const joined = await steps.step('join', joinStep({ session, chain, artifacts, admission }));

    const limits = ownerLimits(inventory, config);
    const { applied } = await steps.step('harden', hardenStep({ session, chain, artifacts, limits }));
    await saveHostRecord(home, {
      version: 1,
      chain: pinned,
      account: joined.account,
      path,
      partition: applied.partition,
    });
    await saveMeasured(home, { inventory, benchmark });
    await saveOutcome(home, outcomeOf({ verdict, benchmark, found, limits, account: joined.account }));
    await classAnew({ home, chain, artifacts, tell: async (_, message) => progress({ event: 'note', message }) });

    if (path === 'gpu') steps.skip('dvm', 'this host lends its GPU only');
    else {
      // Started anew inside the owner's limits, so that every guest is born in them.
      await ensureLibvirtd(session);
      await steps.step('dvm', dvmStep(session));
    }
    const service = await steps.step('service', serviceStep(session, applied, pinned));
    await steps.step('ready', {
      run: async () => service.status,
      detail: (status) => ({
        class: status.class,
        path: status.path,
        policy: applied.policy,
        dvms: status.dvms,
        account: status.account,
        home: home.root,
        summary: `providing as ${status.class} on path ${status.path}, ${status.dvms.length} DVM running; watch it with \`logos status\``,
      }),
    });
    progress({ event: 'note', message: `On chain as ${joined.account}` });
  } finally {
    await chain.close();
  }
}

function noClass(summary: string): UserError {
  return new UserError('no-class', `This machine reaches no resource class: ${summary}.`, {
    nextSteps: ['See `logos benchmark` for its figures, and `logos chain status` for the thresholds.'],
  });
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof UserError && error.code === 'service-unknown')) throw error;
}
