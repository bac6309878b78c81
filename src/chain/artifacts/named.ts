import { UserError } from '../../system/errors.ts';
import type { ConnectedChain, DeploymentProposal } from '../contract-types.ts';
import type { ArtifactReference, LogosChain } from '../types.ts';

/** Proposals whose closures nobody needs any more. */
const ENDED: readonly DeploymentProposal['status'][] = ['failed', 'rejected', 'withdrawn', 'expired'];

/**
 * Every artefact that the chain's region names, by digest: what a store must never lose. They are those of its configuration,
 * and the closures that are deployed or proposed.
 */
export async function namedArtifacts(
  chain: Pick<LogosChain, 'sections' | 'configuration'> & Partial<Pick<ConnectedChain, 'deployment'>>,
): Promise<Map<string, ArtifactReference>> {
  const named = new Map<string, ArtifactReference>();
  for (const section of await chain.sections()) {
    const { entries } = await chain.configuration(section);
    for (const { value } of entries.values()) {
      if (value.kind === 'artifact') named.set(value.digest, { digest: value.digest, size: value.size });
    }
  }
  for (const { closure: digest, size } of await closuresOf(chain)) named.set(digest, { digest, size });
  return named;
}

/** A target's present closure, those that wait, and those that it had: a rollback wants one of these. */
async function closuresOf({ deployment }: Partial<Pick<ConnectedChain, 'deployment'>>) {
  try {
    const proposals = (await (await deployment?.view())?.from(1n)) ?? [];
    return proposals.filter(({ status }) => !ENDED.includes(status)).map(({ change }) => change);
  } catch (error) {
    // A region may have no contract for deployments.
    if (error instanceof UserError && error.code === 'section-unknown') return [];
    throw error;
  }
}
