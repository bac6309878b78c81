import { ExternalError } from '../../system/errors.ts';
import type { Library } from './grammar.ts';

/** The libraries of a gatekeeper, by tool. */
export interface LibrarySet {
  forTool(tool: string): Library | undefined;
  readonly all: readonly Library[];
}

/** Throws ExternalError `library-invalid` where two libraries have one name or are for one tool: which one reads it must be certain. */
export function librarySet(libraries: readonly Library[]): LibrarySet {
  const byTool = new Map<string, Library>();
  const names = new Set<string>();
  for (const library of libraries) {
    if (names.has(library.name)) throw twice(`the name ${library.name}`);
    names.add(library.name);
    for (const tool of library.tools) {
      if (byTool.has(tool)) throw twice(`the tool ${tool}`);
      byTool.set(tool, library);
    }
  }
  return { forTool: (tool) => byTool.get(tool), all: [...libraries] };
}

function twice(what: string): ExternalError {
  return new ExternalError(
    'library-invalid',
    `The reference libraries can't be used together: ${what} stands in two.`,
    {
      nextSteps: ['Take one of the two away.'],
    },
  );
}
