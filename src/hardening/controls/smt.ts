import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

interface Facts {
  readonly path: string;
  /** on, off, forceoff, notsupported, notimplemented; absent on a kernel without the switch. */
  readonly control?: string;
  readonly active?: string;
  readonly writable: boolean;
}

const configSchema = z.strictObject({
  /** `report` changes nothing; `off` switches the second thread of each core off, and back on at a restore. */
  mode: z.enum(['report', 'off']),
});

/** Simultaneous multithreading (Documentation/ABI/testing/sysfs-devices-system-cpu). */
export const smt = control({
  name: 'smt',
  title: 'Threads that share a core (SMT)',
  owner:
    'Two threads of one core can watch each other through its caches. Unless the policy asks for more it is only reported; with `off` the machine has half the threads until you restore.',
  leaves: 'It never uses `forceoff`, which could not be taken back before the next boot.',
  schema: configSchema,
  target: z.object({ mode: z.enum(['report', 'off']) }),
  async look({ files, paths }): Promise<Facts> {
    const directory = join(paths.sys, 'devices/system/cpu/smt');
    const path = join(directory, 'control');
    const [state, active] = await Promise.all([files.read(path), files.read(join(directory, 'active'))]);
    return { path, control: state, active, writable: await files.writable(path) };
  },
  plan({ config: { mode }, facts }) {
    const { path, control: state = 'absent', active, writable } = facts;
    if (mode === 'report') return { steps: [], keeps: [], target: { mode } };
    const keeps = [path];
    if (active === '0') return { steps: [], keeps, target: { mode } };
    if (state !== 'on' || !writable) return { steps: [], keeps, refused: `SMT can't be switched off here (${state})` };
    const step = { do: 'value', path, value: 'off', before: state, from: state, to: 'off' } as const;
    const why = 'the policy insists that no two programs share a core';
    return { keeps, target: { mode }, steps: [{ ...step, what: 'threads that share a core', why }] };
  },
  check({ mode }, { control: state, active }) {
    if (state === undefined) return { state: 'unsupported', detail: 'this kernel has no switch for SMT' };
    const detail = `${state}, ${active === '1' ? 'threads share cores' : 'no thread shares a core'}`;
    if (mode === 'report') return { state: 'reported', detail };
    return active === '0' ? { state: 'held', detail } : { state: 'not-held', expected: 'off', actual: detail };
  },
});
