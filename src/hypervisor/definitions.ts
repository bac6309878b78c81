import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrno, readJson, writeJson } from '../system/files.ts';
import { checkDvmName, DVM_NAME } from './domain-xml.ts';

const diskSchema = z.object({
  /** Path on the host. A shared disk has the same on every host. */
  file: z.string().regex(/^\/[^\p{Cc}]+$/u),
  format: z.enum(['raw', 'qcow2']),
  sizeMiB: z.int().min(1).max(1_073_741_824),
  /** On storage that other hosts see under the same path: it outlives this host, and is not copied. */
  shared: z.boolean(),
});

export const definitionSchema = z.object({
  name: z.string().regex(DVM_NAME),
  /** The same on every host that it ever runs on. */
  uuid: z.uuid(),
  vcpus: z.int().min(1).max(255),
  /** To how many it can grow while it runs; default: none more. */
  maxVcpus: z.int().min(1).max(255).optional(),
  memoryMiB: z.int().min(64),
  path: z.enum(['kvm', 'qemu']),
  disks: z.array(diskSchema).max(20),
  /** A directory that other hosts have under the same path, in which they find it when this host is lost. */
  shared: z.string().startsWith('/').optional(),
  readyLine: z.string().regex(/^[!-~]{1,80}$/),
  deadlineMs: z.int().min(1_000).max(3_600_000),
  /** `stopped`: it keeps its disks. `removed`: its end was asked for, and may not be complete. */
  wanted: z.enum(['running', 'paused', 'stopped', 'removed']),
  /** It has said that it is up. A guest that a killed start left behind never did. */
  up: z.boolean(),
  /**
   * It is on its way between this host and that one. `handedOver`: from then on it may run at the destination, and the source
   * may not let it go on without asking.
   */
  moving: z.object({ way: z.enum(['out', 'in']), peer: z.string().min(1), handedOver: z.boolean() }).optional(),
});

export type DvmDisk = z.infer<typeof diskSchema>;

/** What a DVM is, so that it can be made again: here after a crash, or on another host. */
export type DvmDefinition = z.infer<typeof definitionSchema>;

/** The definitions of a host's DVMs: a file each, written whole before anything is done that it speaks of. */
export class Definitions {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** In the order of their names. A file that can't be read fails: a DVM must not be forgotten. */
  async list(): Promise<DvmDefinition[]> {
    const names = await this.#names();
    const found = await Promise.all(names.map((name) => this.find(name)));
    return found.filter((one) => one !== undefined);
  }

  async find(name: string): Promise<DvmDefinition | undefined> {
    return readJson(this.#file(name), definitionSchema);
  }

  async write(definition: DvmDefinition): Promise<void> {
    await writeJson(this.#file(definition.name), definitionSchema.parse(definition));
  }

  async forget(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  async #names(): Promise<string[]> {
    try {
      const files = await readdir(this.#directory);
      return files
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length))
        .filter((name) => DVM_NAME.test(name))
        .sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  #file(name: string): string {
    checkDvmName(name);
    return join(this.#directory, `${name}.json`);
  }
}
