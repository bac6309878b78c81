import type { ArtifactReference, LogosChain } from '../types.ts';

/** Every artefact that the configuration of the chain's region names, by digest: what a store must never lose. */
export async function namedArtifacts(
  chain: Pick<LogosChain, 'sections' | 'configuration'>,
): Promise<Map<string, ArtifactReference>> {
  const named = new Map<string, ArtifactReference>();
  for (const section of await chain.sections()) {
    const { entries } = await chain.configuration(section);
    for (const { value } of entries.values()) {
      if (value.kind === 'artifact') named.set(value.digest, { digest: value.digest, size: value.size });
    }
  }
  return named;
}
