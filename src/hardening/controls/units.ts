import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

/** Exposure of each unit of ours, 0 to 10, as this host's systemd works it out. */
type Facts = Readonly<Record<string, string>>;

const UNIT = /^logos(?:[_-][0-9a-f]+)?-(?:ng|ngd)\.service$/;

/** Sandboxing of our own services: the directives are the policy's `sandbox`, here is what they come to (systemd-analyze(1)). */
export const units = control({
  name: 'units',
  title: 'Our own services have few rights',
  owner:
    'The integrity daemon reads the whole system and can change next to none of it. The gatekeeper keeps more rights, because it starts an operator’s tools in sandboxes of their own.',
  leaves: 'Your own services are not touched, and not judged.',
  schema: z.strictObject({}),
  target: z.object({}),
  async look({ exec, files, paths }): Promise<Facts> {
    const found: Record<string, string> = {};
    for (const name of (await files.names(paths.systemdUnits)).filter((unit) => UNIT.test(unit))) {
      const args = ['security', '--offline=yes', '--no-pager', join(paths.systemdUnits, name)];
      const { stdout } = await exec('systemd-analyze', args, { accept: [0, 1] }).catch(() => ({ stdout: '' }));
      const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
      if (exposure) found[name] = exposure;
    }
    return found;
  },
  plan: () => ({ steps: [], keeps: [], target: {} }),
  // The figure depends on systemd's version, so it is told and not insisted on; the files themselves are NGd's business.
  check(_target, scores) {
    const all = Object.entries(scores).map(([unit, exposure]) => `${unit} ${exposure} of 10`);
    return { state: 'reported', detail: all.length === 0 ? 'no unit of ours here' : `exposure: ${all.join(', ')}` };
  },
});
