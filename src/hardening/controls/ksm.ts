import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

interface Facts {
  readonly path: string;
  /** 0 off, 1 on, 2 off and everything merged taken apart; absent without KSM. */
  readonly run?: string;
  readonly writable: boolean;
}

/** Kernel samepage merging (Documentation/admin-guide/mm/ksm.rst): a guest can tell by timing what another one's memory holds. */
export const ksm = control({
  name: 'ksm',
  title: 'Kernel samepage merging is off',
  owner:
    'Memory with equal content is no longer shared between programs, so guests can’t find out by timing what others hold. On a PC where KSM was off already nothing changes; where it was on, some memory is used twice.',
  leaves: 'The pace and limits of KSM stay as they were, so that your own settings work again after a restore.',
  schema: z.strictObject({}),
  target: z.object({ path: z.string() }),
  async look({ files, paths }): Promise<Facts> {
    const path = join(paths.sys, 'kernel/mm/ksm/run');
    return { path, run: await files.read(path), writable: await files.writable(path) };
  },
  plan({ facts: { path, run, writable }, own }) {
    const keeps = [path];
    if (run === undefined) return { steps: [], keeps, unsupported: 'this kernel has no KSM' };
    // 0 after a 1 would leave merged what is merged; a line in the journal says that it was.
    if (run === '2' || (run === '0' && !own.has(path))) return { steps: [], keeps, target: { path } };
    if (!writable) return { steps: [], keeps, unsupported: `${path} can't be written here` };
    return {
      keeps,
      target: { path },
      steps: [
        {
          do: 'value',
          what: 'kernel samepage merging',
          from: run,
          to: '2',
          why: 'guests must not learn by timing what others hold in memory',
          path,
          value: '2',
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
