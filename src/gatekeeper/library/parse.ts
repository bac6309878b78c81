import { z } from 'zod';
import { sha256Hex } from '../../system/canonical.ts';
import { ExternalError } from '../../system/errors.ts';
import { parseStrictYaml } from '../documents/index.ts';
import { compileLibrary } from './compile.ts';
import type { Library } from './grammar.ts';
import { librarySchema } from './schema.ts';

const MAX_LIBRARY_BYTES = 512 * 1024;

/**
 * Reads a reference library (docs/libraries.md) and compiles it; its digest is that of `bytes`.
 * Throws ExternalError `library-invalid` for anything that is not exactly one, or that contradicts itself.
 */
export function parseLibrary(bytes: Uint8Array): Library {
  try {
    const spec = librarySchema.parse(parseStrictYaml(bytes, { bytes: MAX_LIBRARY_BYTES }));
    return compileLibrary(spec, sha256Hex(bytes));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? z.prettifyError(cause).split('\n').slice(0, 4).join(' ') : (cause as Error).message;
    throw new ExternalError('library-invalid', `The reference library can't be used: ${why}.`, {
      cause,
      nextSteps: ['Correct the library as docs/libraries.md describes it. No request is read by it until then.'],
    });
  }
}
