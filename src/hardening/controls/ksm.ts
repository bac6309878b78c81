import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

interface Facts {
  readonly path: string;
  /** 0 off, 1 on, 2 off and everything merged taken apart; absent without KSM. */
  readonly run?: string;
  readonly writable: boolean;
  /** Bytes that taking everything apart would need, and half of what the machine has to spare. */
  readonly needed: number;
  readonly spare: number;
}

const PAGE_BYTES = 4096;

/** Kernel samepage merging (Documentation/admin-guide/mm/ksm.rst): a guest can tell by timing what another one's memory holds. */
export const ksm = control({
  name: 'ksm',
  title: 'Kernel samepage merging is off',
  owner:
    'Memory with equal content is no longer shared between programs, so guests can’t find out by timing what others hold. On a PC where KSM was off already nothing changes; where it was on, some memory is used twice, unless too little is free: then only nothing more is shared.',
  leaves: 'The pace and limits of KSM stay as they were, so that your own settings work again after a restore.',
  schema: z.strictObject({}),
  target: z.object({ path: z.string() }),
  async look({ files, paths }): Promise<Facts> {
    const path = join(paths.sys, 'kernel/mm/ksm/run');
    const sharing = Number((await files.read(join(paths.sys, 'kernel/mm/ksm/pages_sharing'))) ?? 0);
    const [, kibibytes] =
      /^MemAvailable:\s+(\d+) kB/m.exec((await files.read(join(paths.proc, 'meminfo'))) ?? '') ?? [];
    const spare = kibibytes === undefined ? Number.POSITIVE_INFINITY : (Number(kibibytes) * 1024) / 2;
    const [run, writable] = [await files.read(path), await files.writable(path)];
    return { path, run, writable, needed: sharing * PAGE_BYTES, spare };
  },
  plan({ facts: { path, run, writable, needed, spare }, own }) {
    const keeps = [path];
    if (run === undefined) return { steps: [], keeps, unsupported: 'this kernel has no KSM' };
    // 0 after a 1 would leave merged what is merged; a line in the journal says that it was.
    // Where that would take the owner's programs their memory, it goes no further: nothing new is merged.
    const value = needed > spare ? '0' : '2';
    if (run === '2' || run === value || (run === '0' && !own.has(path))) return { steps: [], keeps, target: { path } };
    if (!writable) return { steps: [], keeps, unsupported: `${path} can't be written here` };
    return {
      keeps,
      target: { path },
      steps: [
        {
          do: 'value',
          what: 'kernel samepage merging',
          from: run,
          to: value,
          why: 'guests must not learn by timing what others hold in memory',
          path,
          value,
          before: run,
        },
      ],
    };
  },
  check(_target, { run }) {
    if (run === undefined) return { state: 'unsupported', detail: 'this kernel has no KSM' };
    if (run === '1') return { state: 'not-held', expected: 'off', actual: 'on' };
    return { state: 'held', detail: `off (${run})` };
  },
});
