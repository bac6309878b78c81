import { sha256Hex } from '../../system/canonical.ts';
import { type LibrarySet, readCommand } from '../library/index.ts';

/** The files that are part of a command, by the path that was typed. */
export type CommandFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Finds which of `files` a command means, by its library. Of a command that its library refuses, those that it was read with:
 * the stages refuse it by them again, with the reason.
 */
export function gatherDocuments(
  argv: readonly string[],
  files: CommandFiles,
  libraries: LibrarySet,
): { path: string; digest: string; bytes: Uint8Array }[] {
  const library = libraries.forTool(argv[0] ?? '');
  // Most commands name no file: to read them here would be to read them twice.
  if (library === undefined || files.size === 0) return [];
  const read = new Map<string, Uint8Array>();
  const documents = {
    read(path: string): Uint8Array {
      const bytes = files.get(path) ?? new Uint8Array();
      if (files.has(path)) read.set(path, bytes);
      return bytes;
    },
  };
  try {
    readCommand(library, argv, documents);
  } catch {
    // Said by the stages.
  }
  return [...read].map(([path, bytes]) => ({ path, digest: sha256Hex(bytes), bytes }));
}
