import { z } from 'zod';
import type { Exec } from '../../system/exec.ts';

/** What is asked of a server each time, as lines `name value`; it changes nothing. */
const PROBE = `
echo "load $(cut -d' ' -f1 /proc/loadavg)"
echo "cpus $(grep -c ^processor /proc/cpuinfo)"
sed -n 's/^MemTotal: *\\([0-9]*\\) kB/total \\1/p; s/^MemAvailable: *\\([0-9]*\\) kB/available \\1/p' /proc/meminfo
echo "disk $(df -Pk /var/lib | sed -n '2s/ \\+/ /gp' | cut -d' ' -f4)"
echo "up $(cut -d. -f1 /proc/uptime)"
systemctl list-units --type=service --state=running --no-legend --plain 2>/dev/null | sed 's/^\\([^ ]*\\).*/running \\1/'
systemctl list-units --state=failed --no-legend --plain 2>/dev/null | sed 's/^\\([^ ]*\\).*/failed \\1/'
`;
const ASK_MS = 90_000;

const whole = z.coerce.number().int().min(0);
const schema = z.object({
  load: z.coerce.number().min(0),
  cpus: whole,
  memoryMiB: z.number().min(0),
  availableMiB: z.number().min(0),
  diskGiB: z.number().min(0),
  upSeconds: whole,
  /** Services of systemd that run. */
  running: z.int().min(0),
  /** Units of systemd that failed, by name. */
  failed: z.array(z.string()),
});
/** How a server is now. */
export type HostFacts = z.output<typeof schema>;

/** Asks a server. Throws what `exec` throws, and ZodError for an answer that is none. */
export async function askHost(exec: Exec, signal?: AbortSignal): Promise<HostFacts> {
  const { stdout } = await exec('sh', ['-c', PROBE], { timeout: ASK_MS, signal });
  return parseHost(stdout);
}

export function parseHost(text: string): HostFacts {
  const lines = text.split('\n').map((line) => line.split(' '));
  const all = (name: string) => lines.filter(([first]) => first === name).map(([, value = '']) => value);
  const one = (name: string) => all(name)[0] ?? '';
  const kibi = (name: string) => (one(name) === '' ? Number.NaN : Number(one(name)));
  return schema.parse({
    load: one('load'),
    cpus: one('cpus'),
    memoryMiB: Math.floor(kibi('total') / 1024),
    availableMiB: Math.floor(kibi('available') / 1024),
    diskGiB: Math.floor(kibi('disk') / 1024 / 1024),
    upSeconds: one('up'),
    running: all('running').length,
    failed: all('failed'),
  });
}
