import type { ArtifactStore, DeploymentProposal } from '../../chain/index.ts';
import type { LibrarySet } from '../library/index.ts';
import type { DvciRules } from '../validators/dvci-rules.ts';
import { checkClosure } from './check.ts';
import type { ReadStep } from './check-steps.ts';
import type { Wanted } from './choose.ts';
import { type Closure, openClosure } from './closure.ts';
import { DECLARATION_FILE } from './declaration.ts';
import type { Finding } from './finding.ts';
import { refuseFindings } from './refusal.ts';
import { refuseVersion } from './version-rule.ts';

/** What closures are read and checked with. */
export interface OpenOptions {
  readonly artifacts: ArtifactStore;
  /** The reference libraries that the chain names now. */
  libraries(): Promise<LibrarySet>;
  /** Operations that this host's gatekeeper lets through. */
  readonly accepted: readonly string[];
  /** The DVCI rules that the chain has now. */
  dvci(): Promise<DvciRules>;
}

/**
 * The closure of a proposal, from the store or any mirror: its digest and size are the chain's, and its target is the
 * proposal's. Throws what the store and `openClosure` throw, and UserError `deployment-refused`.
 */
export async function fetchClosure(artifacts: ArtifactStore, { change }: DeploymentProposal): Promise<Closure> {
  const closure = openClosure(await artifacts.fetch({ digest: change.closure, size: change.size }));
  refuseFindings(refuseTarget(closure, change.target));
  return closure;
}

/** What was made for one target is not applied to another. */
export function refuseTarget({ declaration }: Closure, target: string): Finding[] {
  if (declaration.target === target) return [];
  const reason = `it is for ${declaration.target}, and was proposed for ${target}`;
  return [{ file: DECLARATION_FILE, code: 'target-other', reason }];
}

/**
 * Fetches what a host is to have and checks it as if nobody had before, by the rules of now. Throws as `fetchClosure` does, and
 * UserError `deployment-refused`.
 */
export async function openWanted(
  { proposal, current }: Wanted,
  { artifacts, libraries, accepted, dvci }: OpenOptions,
): Promise<{ closure: Closure; steps: readonly ReadStep[] }> {
  const closure = await fetchClosure(artifacts, proposal);
  const { findings, steps } = checkClosure(closure, { libraries: await libraries(), accepted, dvci: await dvci() });
  refuseFindings(findings);
  // What the chain calls present was put after the one before it already.
  if (proposal.status === 'applied') return { closure, steps };
  const before = current === undefined ? undefined : await fetchClosure(artifacts, current);
  const old = refuseVersion(closure.declaration, before?.declaration);
  if (old !== undefined) refuseFindings([old]);
  return { closure, steps };
}
