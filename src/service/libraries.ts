import type { ArtifactStore, LogosChain } from '../chain/index.ts';
import { type Library, type LibrarySet, librarySet, parseLibrary } from '../gatekeeper/index.ts';
import { configuredBytes } from './values.ts';

/** Where the chain keeps the reference libraries: section, and what their keys begin with. */
const SECTION = 'network-section-1';
const PREFIX = 'library-';

/**
 * The reference libraries that the chain names, read anew when the section changes and each parsed once. Throws what the
 * chain and the artefact store throw, and ExternalError `library-invalid`: one that can't be read leaves none to use.
 */
export function chainLibraries(
  chain: Pick<LogosChain, 'configuration'>,
  artifacts: ArtifactStore,
): () => Promise<LibrarySet> {
  const parsed = new Map<string, Library>();
  return async () => {
    const section = await chain.configuration(SECTION);
    const libraries: Library[] = [];
    for (const key of [...section.entries.keys()].filter((name) => name.startsWith(PREFIX)).sort()) {
      const value = section.entries.get(key)?.value;
      const digest = value?.kind === 'artifact' ? value.digest : '';
      const library = parsed.get(digest) ?? parseLibrary(await configuredBytes(section, key, artifacts));
      parsed.set(library.digest, library);
      libraries.push(library);
    }
    return librarySet(libraries);
  };
}
