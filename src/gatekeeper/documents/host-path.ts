import type { DocumentRules } from './rules.ts';

const PATH = /^(?:\/[A-Za-z0-9_][A-Za-z0-9_.+@-]*)+$/;

/**
 * A file inside one of the directories that the library gives to documents. Each part begins with a letter, digit or
 * underscore, so there is no `.`, `..` or hidden file, and no empty part. Links on the host are not this check's to see.
 */
export function isAllowedPath(path: string, rules: DocumentRules): boolean {
  return isIn(path, rules.directories);
}

/** A file as isAllowedPath has it, or inside a directory with files to read; for places where nothing is written. */
export function isReadablePath(path: string, rules: DocumentRules): boolean {
  return isIn(path, [...rules.directories, ...rules.readOnlyDirectories]);
}

function isIn(path: string, directories: readonly string[]): boolean {
  return path.length <= 512 && PATH.test(path) && directories.some((directory) => path.startsWith(`${directory}/`));
}
