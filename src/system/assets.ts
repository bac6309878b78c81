import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bug } from './errors.ts';

interface SeaModule {
  isSea(): boolean;
  getRawAsset(name: string): ArrayBuffer;
  getAssetKeys(): string[];
}

const sea = process.getBuiltinModule('node:sea') as SeaModule;

/** Whether this process is the one-file binary (Node's single executable application). */
export function isBinary(): boolean {
  return sea.isSea();
}

/**
 * A file that ships with the program, by its path in the repository, such as `chain/artifacts/genesis-dev.json`.
 * In the binary it is an embedded asset; from source it is the file itself. tools/build/assets.mjs lists them.
 */
export function asset(name: string): Uint8Array {
  try {
    if (isBinary()) return new Uint8Array(sea.getRawAsset(name));
    return readFileSync(join(import.meta.dirname, '../..', name));
  } catch (cause) {
    throw new Bug(`The built-in file ${name} is missing.`, cause);
  }
}

export function assetText(name: string): string {
  return new TextDecoder().decode(asset(name));
}

/** Paths in the repository of the files that the binary carries below a directory; from source, read the directory itself. */
export function embeddedBelow(directory: string): string[] {
  return sea.getAssetKeys().filter((name) => name.startsWith(`${directory}/`));
}
