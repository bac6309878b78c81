import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/** Reads a corpus of this folder, such as `json-test-suite/cases`. */
export function readCorpus(name: string): unknown {
  return JSON.parse(brotliDecompressSync(readFileSync(join(import.meta.dirname, `${name}.json.br`))).toString('utf8'));
}
