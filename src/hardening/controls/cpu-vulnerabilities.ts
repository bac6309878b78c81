import { join } from 'node:path';
import { z } from 'zod';
import { control } from './types.ts';

/** What the kernel says of each weakness, by its file's name. */
type Facts = Readonly<Record<string, string>>;

const configSchema = z.strictObject({
  /** Weaknesses that a host may not have without a mitigation; none means: report only. */
  refuse: z.array(z.string().regex(/^[a-z0-9_]{1,40}$/)).max(64),
});

/** Weaknesses of this processor (Documentation/ABI/testing/sysfs-devices-system-cpu, vulnerabilities). */
export const cpuVulnerabilities = control({
  name: 'cpu-vulnerabilities',
  title: 'Weaknesses of the processor',
  owner:
    'Reported as the kernel tells them, and nothing is changed. A region can refuse machines that have one of the weaknesses it names without a mitigation.',
  leaves: 'Mitigations are chosen at boot; your kernel’s command line is yours and stays as it is.',
  schema: configSchema,
  target: configSchema,
  async look({ files, paths }): Promise<Facts> {
    const directory = join(paths.sys, 'devices/system/cpu/vulnerabilities');
    const names = await files.names(directory);
    const found = await Promise.all(
      names.map(async (name) => [name, await files.read(join(directory, name))] as const),
    );
    return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
  },
  plan({ config, facts }) {
    const open = openAmong(config.refuse, facts);
    const refused = open.length > 0 ? `this processor is open to ${open.join(', ')}` : undefined;
    return { steps: [], keeps: [], target: config, refused };
  },
  check({ refuse }, facts) {
    if (Object.keys(facts).length === 0)
      return { state: 'unsupported', detail: 'this kernel does not tell what the processor is open to' };
    const open = openAmong(refuse, facts);
    if (open.length > 0) return { state: 'not-held', expected: 'mitigated', actual: `open to ${open.join(', ')}` };
    const all = openAmong(Object.keys(facts), facts);
    const detail = all.length === 0 ? 'none without a mitigation' : `open to ${all.join(', ')}`;
    return { state: refuse.length > 0 && all.length === 0 ? 'held' : 'reported', detail };
  },
});

function openAmong(names: readonly string[], facts: Facts): string[] {
  return names.filter((name) => /^(KVM: )?Vulnerable/.test(facts[name] ?? '')).sort();
}
