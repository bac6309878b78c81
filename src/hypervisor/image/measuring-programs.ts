import { copyProgram } from './copy-program.ts';
import { mixProgram } from './mix-program.ts';

/** The programs by which a guest is compared with its host, by their names in the guest. */
export function measuringPrograms(): { mix: Buffer; copy: Buffer } {
  return { mix: mixProgram(), copy: copyProgram() };
}
