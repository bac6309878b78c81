import { z } from 'zod';
import type { Exec } from '../system/exec.ts';

/**
 * What is asked of a server, as lines `name value`. It needs sh, and bash for the way to the others; it changes nothing. Ports are
 * those that listen on TCP (proc(5), /proc/net/tcp: state 0A). `$@`: `address:port` of the other servers.
 */
const PROBE = `
. /etc/os-release
echo "system $ID $VERSION_ID"
echo "machine $(cat /etc/machine-id 2>/dev/null)"
echo "name $(cat /proc/sys/kernel/hostname)"
echo "cpus $(grep -c ^processor /proc/cpuinfo)"
echo "memory $(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)"
echo "disk $(df -Pk /var/lib | sed -n '2s/ \\+/ /gp' | cut -d' ' -f4)"
echo "user $(id -u) $(sudo -n id -u 2>/dev/null)"
echo "python $(command -v python3)"
echo "systemd $([ -d /run/systemd/system ] && echo yes)"
for file in /proc/net/tcp /proc/net/tcp6; do
  [ -r $file ] && sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F:]* 0A .*/port \\1/p' $file
done
sed -n 's/^ *|-- \\([0-9.]*\\)$/address \\1/p' /proc/net/fib_trie
for peer in "$@"; do
  bash -c '
    for _ in 1 2 3; do
      a=\${EPOCHREALTIME/[.,]/}
      exec 3<>"/dev/tcp/\${1%:*}/\${1##*:}" || exit 1
      b=\${EPOCHREALTIME/[.,]/}; exec 3>&-
      echo "way $1 $((b - a))"
    done' sh "$peer" 2>/dev/null || echo "way $peer none"
done
echo "clock $(date +%s.%N)"
`;

const whole = z.coerce.number().int().min(0);
const factsSchema = z.object({
  system: z.string().min(1),
  machine: z.string(),
  name: z.string(),
  cpus: whole,
  memoryMiB: z.number().min(0),
  diskGiB: z.number().min(0),
  /** Whether the user is root, or may become it without a password. */
  privileged: z.boolean(),
  python: z.string(),
  systemd: z.boolean(),
  ports: z.array(z.int().min(0).max(65_535)),
  addresses: z.array(z.string()),
  /** Best time to connect to each other server in milliseconds; `null` where it can't. */
  ways: z.record(z.string(), z.number().min(0).nullable()),
  /** How far its clock is before this machine's, in milliseconds, and how sure that is. */
  skewMs: z.number(),
  skewErrorMs: z.number().min(0),
});
/** What a server says of itself. */
export type ServerFacts = z.output<typeof factsSchema>;

/** Asks a server. `peers`: `address:port` of the others' SSH. Throws what `exec` throws, and ZodError for an answer that is none. */
export async function askServer(exec: Exec, peers: readonly string[], signal?: AbortSignal): Promise<ServerFacts> {
  // A first command pays for the connection, so that the second one tells the time without it.
  const { stdout } = await exec('sh', ['-c', PROBE, 'sh', ...peers], { timeout: 120_000, signal });
  const before = Date.now();
  const clock = await exec('date', ['+%s.%N'], { timeout: 60_000, signal });
  return parseFacts(stdout, { clock: clock.stdout, before, after: Date.now() });
}

/** Reads an answer. The clock was read somewhere between `before` and `after` (milliseconds since 1970). */
export function parseFacts(
  text: string,
  { clock, before, after }: { clock: string; before: number; after: number },
): ServerFacts {
  const lines = text.split('\n').map((line) => line.split(' '));
  const all = (name: string) => lines.filter(([first]) => first === name).map(([, ...rest]) => rest);
  const one = (name: string) => all(name)[0]?.join(' ').trim() ?? '';
  const [uid, sudo] = one('user').split(' ');
  const ways: Record<string, number | null> = {};
  for (const [peer = '', microseconds = 'none'] of all('way')) {
    const ms = microseconds === 'none' ? null : Number(microseconds) / 1000;
    const known = ways[peer];
    ways[peer] = ms === null || known === undefined || known === null ? (ms ?? known ?? null) : Math.min(known, ms);
  }
  return factsSchema.parse({
    system: one('system'),
    machine: one('machine'),
    name: one('name'),
    cpus: one('cpus'),
    memoryMiB: Math.floor(Number(one('memory')) / 1024),
    diskGiB: Math.floor(Number(one('disk')) / 1024 / 1024),
    privileged: uid === '0' || sudo === '0',
    python: one('python'),
    systemd: one('systemd') === 'yes',
    ports: [...new Set(all('port').map(([port = '']) => Number.parseInt(port, 16)))].toSorted((a, b) => a - b),
    addresses: [...new Set(all('address').flat())],
    ways,
    skewMs: Number(clock.trim()) * 1000 - (before + after) / 2,
    skewErrorMs: (after - before) / 2,
  });
}
