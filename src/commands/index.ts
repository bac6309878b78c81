import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';

/** The commands of this program, by id (`dvm:list`), each loaded only when it is run. */
export interface CommandTable {
  readonly ids: readonly string[];
  load(id: string): Promise<Command.Class>;
  /** What help and completion show, known without loading any command. Only the built program has it. */
  readonly manifest?: Interfaces.Manifest;
}

/**
 * Finds the commands: a new file in this folder that exports a class by default is a new command. The build replaces this
 * module by one that holds the same table with the manifest written out (tools/build/manifest.mjs).
 */
export function commandTable(directory: string = import.meta.dirname): CommandTable {
  const files = new Map(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => isCommand(join(directory, file)))
      .map((file) => [file.replace(/(\/index)?\.ts$/, '').replaceAll('/', ':'), join(directory, file)]),
  );
  return {
    ids: [...files.keys()].sort(),
    load: async (id) => {
      const module = (await import(files.get(id) ?? id)) as { default: Command.Class };
      return module.default;
    },
  };
}

function isCommand(path: string): boolean {
  return path.endsWith('.ts') && /^export default class /m.test(readFileSync(path, 'utf8'));
}
