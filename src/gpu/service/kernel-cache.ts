import { createHash } from 'node:crypto';
import type { ComputeDevice } from '../devices/types.ts';
import type { JobHeader } from '../job.ts';

/** Largest compiled program that is kept, in bytes. */
export const MAX_BINARY_BYTES = 4 * 1024 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;

/** Hash of all that a compiled program depends on: its text, how it is compiled, the device and its driver. */
export function programKey(
  program: JobHeader['program'],
  bytes: Uint8Array,
  device: ComputeDevice | undefined,
): string {
  const { name, platform, version, driver } = device ?? {};
  const how = JSON.stringify([program.kind, program.options, name, platform, version, driver]);
  return createHash('sha256').update(`${how.length}:${how}`).update(bytes).digest('hex');
}

/**
 * Compiled programs by their keys; the one not used for longest goes first. Only a worker that nobody used before may add one: what
 * it gives is made of that very text then, and a client that took over its worker can't exchange another's program.
 */
export class KernelCache {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  get(key: string): Uint8Array | undefined {
    const found = this.#kept.get(key);
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    return found;
  }

  add(key: string, binary: Uint8Array): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, binary);
    this.#bytes += binary.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}
