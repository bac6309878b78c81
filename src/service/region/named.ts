import { type DeploymentProposal, openArtifacts, type VerifiedChain } from '../../chain/index.ts';
import { type Closure, fetchClosure, openClosure, refuseProposal } from '../../gatekeeper/index.ts';
import { recordTarget } from '../../region/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { readConfig } from '../config.ts';

/** What a region is to be, by somebody's word: its record, or the record's digest where that is all there is. */
export interface Named {
  readonly record: Closure | string;
  readonly by: 'chain' | 'flag';
}

/**
 * The record that the chain names for a region, read with proof: the oldest approved proposal that follows what is there, else what
 * is there. Throws UserError `region-not-on-chain` (exit code 3), and what the chain and the artefact store throw.
 */
export async function namedByChain(home: Home, chain: VerifiedChain, region: string): Promise<Named> {
  const target = recordTarget(region);
  const view = await chain.deployments();
  const current = await view.current(target);
  const proposals = (await view.from(1n)).filter(
    ({ change, status }) => change.target === target && status === 'approved',
  );
  const approved = proposals.find((proposal) => refuseProposal(proposal, current) === undefined) ?? current;
  if (approved === undefined) throw notNamed(target);
  return { record: await fetchRecord(home, approved), by: 'chain' };
}

/** A record by its digest, as somebody gave it; it itself when this host or a mirror has it. */
export async function namedByDigest(home: Home, digest: string): Promise<Named> {
  const store = openArtifacts(home.artifacts);
  const held = (await store.list()).find((artifact) => artifact.digest === digest);
  if (held === undefined) return { record: digest, by: 'flag' };
  return { record: openClosure(await store.fetch({ digest, size: held.size })), by: 'flag' };
}

async function fetchRecord(home: Home, proposal: DeploymentProposal): Promise<Closure> {
  const { artifactMirrors } = await readConfig(home);
  return fetchClosure(openArtifacts(home.artifacts, { mirrors: artifactMirrors }), proposal);
}

function notNamed(target: string): UserError {
  return new UserError('region-not-on-chain', `The chain names nothing for ${target}.`, {
    exitCode: ExitCode.refused,
    nextSteps: [
      'Propose it with `logos region init --propose`, and have operators approve it with `logos deploy approve`.',
      'Where there is no chain yet, name what you checked yourself with --closure-hash.',
    ],
  });
}
