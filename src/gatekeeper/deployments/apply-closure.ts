import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnproven } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { Bug, type LogosError, toLogosError } from '../../system/errors.ts';
import type { ReadStep } from './check-steps.ts';
import type { Wanted } from './choose.ts';
import type { Closure } from './closure.ts';
import { openWanted } from './fetch.ts';
import type { Attempt, HostDeploymentOptions, StepOutcome } from './host-options.ts';
import { layOutClosure } from './lay-out.ts';
import { onceSteps } from './once.ts';
import type { DeploymentRecord, DeploymentRecords } from './record.ts';
import { runSteps } from './run-steps.ts';
import { OWN_LACK, tellChain } from './tell-chain.ts';

/** Lays a closure out, and gives where its files are and where its logs go. */
export async function workPlaces(
  records: DeploymentRecords,
  target: string,
  closure: Closure,
): Promise<{ files: string; logs: string }> {
  const work = records.workDirectory(target, closure.digest);
  const logs = join(work, 'logs');
  await mkdir(logs, { recursive: true, mode: 0o700 });
  return { files: await layOutClosure(closure, join(work, 'files')), logs };
}

/**
 * Brings a host to what it is to have: fetches, checks, runs the steps, reports. `before`: how far an attempt at this very
 * closure came. Throws what passes by itself: mirrors that are gone, a chain that can't be asked, and being stopped.
 */
export async function applyClosure(
  wanted: Wanted,
  before: DeploymentRecord | undefined,
  attempt: Attempt,
  options: HostDeploymentOptions,
): Promise<StepOutcome> {
  const { records, clock } = options;
  let opened: { closure: Closure; steps: readonly ReadStep[] };
  try {
    opened = await openWanted(wanted, options);
  } catch (thrown) {
    const error = toLogosError(thrown);
    if (isPassing(error)) throw error;
    return failed(newRecord(wanted, 'unknown', before, options), 'refused', error, wanted, attempt, options);
  }
  const { closure, steps } = opened;
  const places = await workPlaces(records, wanted.target, closure);
  const fresh = newRecord(wanted, closure.declaration.version, before, options);
  const once = await onceSteps(fresh, steps, { record: before, again: attempt.again }, records);
  let record: DeploymentRecord = { ...fresh, steps: [...once.before] };
  await records.save(record);
  const save = async (list: DeploymentRecord['steps']): Promise<void> => {
    await once.keep(list);
    record = { ...record, steps: [...list] };
    await records.save(record);
  };
  try {
    await runSteps(steps, { ...options, ...places, before: once.before, save }, attempt.signal);
  } catch (thrown) {
    const error = toLogosError(thrown);
    if (attempt.signal?.aborted) throw error;
    return failed(record, 'failed', error, wanted, attempt, options);
  }
  const now = clock.now();
  const drift = { at: now, state: 'clean' as const, steps: [], corrected: before?.drift?.corrected ?? 0 };
  record = { ...record, phase: 'applied', report: reportDigest(record), appliedAt: now, drift };
  await records.save(record);
  await records.prune(record.target, record.closure);
  await tellChain(record, wanted, attempt.height, options);
  return { step: 'applied', version: record.version };
}

async function failed(
  record: DeploymentRecord,
  phase: 'failed' | 'refused',
  error: LogosError,
  wanted: Wanted,
  { height }: Attempt,
  options: HostDeploymentOptions,
): Promise<StepOutcome> {
  const failure = { code: error.code, reason: error.message.slice(0, 1_000), at: options.clock.now() };
  const next: DeploymentRecord = { ...record, phase, failure };
  await options.records.save(next);
  await tellChain(next, wanted, height, options);
  return { step: 'failed', version: record.version, code: failure.code, reason: failure.reason };
}

function newRecord(
  { target, proposal }: Wanted,
  version: string,
  before: DeploymentRecord | undefined,
  { chain }: Pick<HostDeploymentOptions, 'chain'>,
): DeploymentRecord {
  return {
    format: 1,
    genesis: chain.identity.genesis,
    target,
    proposal: `${proposal.id}`,
    closure: proposal.change.closure,
    version,
    phase: 'running',
    steps: before?.steps ?? [],
    told: before?.told ?? 'no',
  };
}

/** SHA-256 of what was done: the steps with how they ended and the digests of their logs. */
function reportDigest({ target, proposal, closure, steps }: DeploymentRecord): string {
  return sha256Hex(canonicalJson({ target, proposal, closure, steps }));
}

const PASSING =
  /^(?:artifact-(?:missing|unavailable|corrupt|store-full)|(?:chain|checkpoint|configuration|contract|endpoint|endpoints|finality|head|light-client)-|library-invalid$)/;

/**
 * What another try, or another node, may find otherwise. A node that is old or lies, and a host that lacks something, say
 * nothing about the deployment.
 */
function isPassing(error: LogosError): boolean {
  return error instanceof Bug || isUnproven(error) || PASSING.test(error.code) || OWN_LACK.has(error.code);
}
