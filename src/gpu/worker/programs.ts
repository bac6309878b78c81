import type { OpenDevice } from '../opencl/device.ts';
import { JobError } from '../opencl/errors.ts';
import type { Handle } from '../opencl/library.ts';
import { buildBinary, buildProgram, type ProgramText } from '../opencl/program.ts';

const KEPT = 32;

export interface BuiltProgram {
  readonly program: Handle;
  readonly how: 'compiled' | 'cached' | 'kept';
}

/** The compiled programs of a worker, by their keys; the one not used for longest goes first. */
export class WorkerPrograms {
  readonly #kept = new Map<string, { open: OpenDevice; program: Handle }>();

  /** Throws what buildProgram does. A `binary` that the device refuses is no reason to fail: there is the text. */
  get(open: OpenDevice, key: string, text: ProgramText, binary: Uint8Array | undefined): BuiltProgram {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return { program: kept.program, how: 'kept' };
    }
    const built = ofBinary(open, text, binary) ?? { program: buildProgram(open, text), how: 'compiled' as const };
    this.#kept.set(key, { open, program: built.program });
    for (const [oldest, { open: its, program }] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      its.cl.releaseProgram(program);
      this.#kept.delete(oldest);
    }
    return built;
  }
}

function ofBinary(open: OpenDevice, text: ProgramText, binary: Uint8Array | undefined): BuiltProgram | undefined {
  if (binary === undefined) return undefined;
  try {
    return { program: buildBinary(open, binary, text.options), how: 'cached' };
  } catch (error) {
    if (error instanceof JobError) return undefined;
    throw error;
  }
}
