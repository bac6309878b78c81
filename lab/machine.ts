import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { type Exec, localExec } from '../src/system/exec.ts';
import type { LabHost, LabNetwork } from './network.ts';

export interface MachineOptions {
  /** Its name, which programs on it see. */
  readonly name: string;
  /** Directories where what it writes stays its own, over what is in this machine's; `/run` is one always, and empty. */
  readonly own?: readonly string[];
  /** Programs that are installed on it alone, by their names: where their files are. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Kernel settings of its network, such as `net.ipv4.ip_forward`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A host on the lab's switch with a name, programs and directories of its own: namespaces of network, mounts and names. */
export interface LabMachine {
  readonly address: string;
  /** What listens on its loopback at this port is reached at the same one on this machine's. */
  readonly port: number;
  readonly exec: Exec;
  /** Starts a program on it; it is killed when this process ends. */
  start(command: string, args: readonly string[], options?: StartOptions): ChildProcess;
  /** Kills everything that runs on it, what nobody waits for included; with `program` only processes of that name (proc(5), comm). */
  killAll(program?: string): Promise<void>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where its output goes: a file's descriptor, or `pipe`. */
  readonly output?: number | 'pipe';
  /** Default: none. */
  readonly input?: 'pipe';
}

/** Programs of its own are installed where root's programs are looked for first. */
const PROGRAMS = '/usr/local/bin';

/** Lays out the machine in namespaces that nobody else sees, says so, and keeps them until its input ends. */
const SET_UP = `set -e
hostname "$1"; shift
mount -t tmpfs -o mode=755 tmpfs /run
while [ "$1" != -- ]; do
  layers=/run/machine/$(echo "$1" | tr / -); mkdir -p "$layers/upper" "$layers/work"
  mount -t overlay -o "lowerdir=$1,upperdir=$layers/upper,workdir=$layers/work" overlay "$1"; shift
done; shift
while [ "$1" != -- ]; do touch "$1"; mount --bind "$2" "$1"; shift 2; done; shift
while [ $# -gt 0 ]; do sysctl -q -w "$1"; shift; done
echo ready
exec cat`;

/** Sets up a machine on a switch. Rejects with what could not be laid out. */
export async function startLabMachine(network: LabNetwork, options: MachineOptions): Promise<LabMachine> {
  const host = await network.host();
  const holder = await layOut(host, options);
  const inside = [
    ...['setpriv', '--pdeathsig', 'KILL', 'nsenter'],
    ...['net', 'mnt', 'uts'].map((kind) => `--${kind === 'mnt' ? 'mount' : kind}=/proc/${holder.pid}/ns/${kind}`),
  ];
  const [enter = '', ...words] = inside;
  const within = (cwd: string | undefined, command: string, args: readonly string[]) => [
    ...words,
    ...['env', '-C', cwd ?? '/', '--', command, ...args],
  ];
  return {
    address: host.address,
    port: host.port,
    exec: (command, args, execOptions) => localExec(enter, within(undefined, command, args), execOptions),
    start: (command, args, { env = process.env, cwd, output = 'pipe', input } = {}) =>
      spawn(enter, within(cwd, command, args), { env, stdio: [input ?? 'ignore', output, output] }),
    killAll: (program) => killInside(holder.pid ?? 0, program),
    close: async () => {
      await killInside(holder.pid ?? 0);
      const gone = new Promise((resolve) => holder.once('exit', resolve));
      holder.stdin?.end();
      await gone;
    },
  };
}

/** Kills what shares the mounts of `holder`, and spares that one. */
async function killInside(holder: number, program?: string): Promise<void> {
  const mountsOf = (pid: string) => readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined);
  const mounts = await mountsOf(`${holder}`);
  for (const pid of await readdir('/proc')) {
    if (!/^[1-9]\d*$/.test(pid) || pid === `${holder}` || (await mountsOf(pid)) !== mounts) continue;
    if (program !== undefined && (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() !== program)
      continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function layOut(
  host: LabHost,
  { name, own = [], programs = {}, settings = {} }: MachineOptions,
): Promise<ChildProcess> {
  const installed = Object.entries(programs).flatMap(([program, file]) => [`${PROGRAMS}/${program}`, file]);
  const directories = installed.length > 0 ? [...own, PROGRAMS] : own;
  const values = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const [enter = '', ...words] = host.command;
  const script = ['sh', '-c', SET_UP, 'sh', name, ...directories, '--', ...installed, '--', ...values];
  const child = spawn(enter, [...words, 'unshare', '--mount', '--uts', '--propagation', 'private', '--', ...script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} could not be set up: exit code ${code}`)));
    child.stdout.once('data', () => resolve(child));
  });
}
