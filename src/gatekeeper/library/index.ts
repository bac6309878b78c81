export { type NativeCommand, readCommand } from './command.ts';
export type { Documents, NamedDocument } from './command-documents.ts';
export type { Library } from './grammar.ts';
export { type LibrarySet, librarySet } from './library-set.ts';
export { parseLibrary } from './parse.ts';
