import { z } from 'zod';
import type { HostPaths } from '../paths.ts';
import { type Control, type ControlText, control } from './types.ts';

/** A switch of the kernel that can't be turned back before the next boot. */
interface Switch extends ControlText {
  /** Its file. */
  path(paths: HostPaths): string;
  /** What is written. */
  readonly value: string;
  /** What the file means now, as a word for people. */
  shown?(text: string): string;
  /** Whether the switch is thrown already, or one that is stricter. */
  isOn(text: string): boolean;
  readonly why: string;
  /** What the owner can't do any more. */
  readonly until: string;
}

const configSchema = z.strictObject({
  /** `ask` leaves it to the owner; `require` refuses a host whose owner does not agree. */
  mode: z.enum(['ask', 'require']).default('ask'),
});

interface Facts {
  readonly path: string;
  readonly text?: string;
  readonly writable: boolean;
}

/** Makes a control of a one-way switch: named in the plan, asked about by itself, journalled, and never undone silently. */
export function oneWay({ path: pathOf, value, shown = (text) => text, isOn, why, until, ...text }: Switch): Control {
  return control({
    ...text,
    oneWay: true,
    schema: configSchema,
    target: z.object({ path: z.string(), thrown: z.boolean() }),
    undo: () => ({
      // Nothing can be done, and nothing is said to be: `harden restore` names what stays until the next boot.
      [ONE_WAY_KIND]: async () => {},
    }),
    async look({ files, paths }): Promise<Facts> {
      const path = pathOf(paths);
      return { path, text: await files.read(path), writable: await files.writable(path) };
    },
    plan({ config, facts: { path, text: now, writable }, own, agreed }) {
      // Agreed once, it is thrown again after each boot, until a restore.
      const target = { path, thrown: agreed.has(text.name) || own.has(path) };
      const keeps = [path];
      const insisted = config.mode === 'require';
      const lacks = (reason: string) =>
        insisted ? { steps: [], keeps, refused: reason } : { steps: [], keeps, unsupported: reason };
      if (now === undefined) return lacks('this kernel has no such switch');
      if (isOn(now)) return { steps: [], keeps, target: { ...target, thrown: true } };
      if (!writable) return lacks(`${path} can't be written here`);
      const words = { what: text.name, from: shown(now), to: shown(value), why };
      const undo = { kind: ONE_WAY_KIND, target: path, before: now };
      const step = { ...words, do: 'switch', path, value, undo } as const;
      return { steps: [], keeps, target, offer: { name: text.name, step, until, required: insisted } };
    },
    check({ thrown }, { text: now }) {
      if (now === undefined) return { state: 'unsupported', detail: 'this kernel has no such switch' };
      if (isOn(now)) return { state: 'held', detail: shown(now) };
      if (thrown) return { state: 'not-held', expected: shown(value), actual: shown(now) };
      return { state: 'reported', detail: `${shown(now)}; the owner was not asked, or did not want it` };
    },
  });
}

/** Journal kind of a switch that was thrown. */
export const ONE_WAY_KIND = 'one-way-switch';
