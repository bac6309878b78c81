import type { ArtifactStore, ConfigurationSnapshot } from '../chain/index.ts';
import { ExternalError } from '../system/errors.ts';

/** The bytes that a section's key stands for, by value or by hash. Throws `configuration-key-missing`, `artifact-missing`, `artifact-corrupt`. */
export async function configuredBytes(
  section: ConfigurationSnapshot,
  key: string,
  artifacts: ArtifactStore,
): Promise<Uint8Array> {
  const entry = section.entries.get(key);
  if (entry === undefined) {
    throw new ExternalError('configuration-key-missing', `The chain's ${section.section} has no ${key}.`, {
      nextSteps: ["Ask the region's operator to set it: `logos chain status` lists what is there."],
    });
  }
  const { value } = entry;
  return value.kind === 'inline' ? value.bytes : artifacts.fetch({ digest: value.digest, size: value.size });
}
