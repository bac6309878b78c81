import { join } from 'node:path';
import type { GuardCheck } from '../checks.ts';
import { type DigestCache, inspect } from '../inspect.ts';

const EVERY_MS = 10_000;

/**
 * Looks whether files that are named by their SHA-256 (artefacts, reference libraries) hold what their names say. One that
 * is absent is fetched when it is wanted. `digests`: those that the chain names; empty while nothing was proven.
 */
export function artifactsCheck(directory: string, digests: () => readonly string[]): GuardCheck {
  const cache: DigestCache = new Map();
  return {
    name: 'artefacts',
    everyMs: EVERY_MS,
    run: async () => {
      const found = await Promise.all(
        digests().map(async (digest) => {
          const target = join(directory, digest);
          const now = await inspect(target, cache);
          if (now.kind === 'absent' || (now.kind === 'file' && now.sha256 === digest)) return [];
          if (now.kind === 'unreadable') throw new Error(`${target}: ${now.reason}`);
          return [
            { target, expected: `SHA-256 ${digest}`, found: now.kind === 'file' ? `SHA-256 ${now.sha256}` : now.kind },
          ];
        }),
      );
      return found.flat();
    },
  };
}
