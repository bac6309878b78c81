import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LabMachine, startLabMachine } from '../machine.ts';
import { startLabNetwork } from '../network.ts';
import { makeSshKey, type SshHost, startSshHost } from '../ssh-host.ts';

/**
 * A region's command line with a tree of playbooks small enough that a run takes seconds: hosts that are reached by SSH alone, and
 * an operator's machine beside them. It shows the engine; lab/region/operator.ts has the real tree.
 */
export interface SmallRegion {
  /** `user` (the operator's home), `home` (LOGOS_HOME), `key`, `lab.yaml`, `tree`, `known_hosts`. */
  readonly root: string;
  readonly operator: LabMachine;
  readonly hosts: readonly SshHost[];
  /** Writes a file of the tree. */
  put(path: string, content: string): Promise<void>;
  /** What `region init` is told besides the file's name, to define the first `count` hosts. */
  wishes(count?: number): string[];
  /** Starts `logos region …` as the operator. */
  start(...args: string[]): Run;
  /** Runs it to its end, which must be a good one. */
  logos(...args: string[]): Promise<Line[]>;
  /** Runs a line of sh on each host. */
  everywhere(command: string): Promise<{ stdout: string }[]>;
  close(): Promise<void>;
}

/** A run of the command line. */
export interface Run {
  readonly child: ChildProcess;
  /** Its exit code (`null`: killed) and what it printed. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A line that it printed. */
export interface Line {
  event: string;
  phase?: string;
  state?: string;
  message?: string;
  changed?: number;
  error?: { code: string; message: string; nextSteps: string[] };
  [field: string]: unknown;
}

const PROJECT = join(import.meta.dirname, '../..');

/** Starts the operator's machine and a host of each name. */
export async function startSmallRegion(names: readonly string[]): Promise<SmallRegion> {
  const root = await mkdtemp(join(tmpdir(), 'logos-region-'));
  await makeSshKey(join(root, 'key'));
  const network = await startLabNetwork();
  const authorized = await readFile(join(root, 'key.pub'), 'utf8');
  const operator = await startLabMachine(network, { name: 'operator' });
  const hosts: SshHost[] = [];
  for (const name of names) hosts.push(await startSshHost(network, name, authorized));
  for (const [index, { machine }] of hosts.entries()) {
    // A host of the lab is this machine's system; a region wants another one, and each host to be itself.
    const lay = `rm -f /etc/os-release; printf 'ID=debian\\nVERSION_ID="13"\\n' > /etc/os-release
      rm -f /etc/machine-id; echo ${`${index}`.repeat(32)} > /etc/machine-id; mkdir -p /run/systemd/system`;
    await machine.exec('sh', ['-c', lay]);
  }
  await writeFile(join(root, 'known_hosts'), hosts.map(({ knownHost }) => knownHost).join(''));
  const put = async (path: string, content: string): Promise<void> => {
    const target = join(root, 'tree', path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  };
  const plugin = 'callback_plugins/logos_events.py';
  await put(plugin, await readFile(join(PROJECT, 'iac/ansible', plugin), 'utf8'));
  const env = { ...process.env, HOME: join(root, 'user'), LOGOS_HOME: join(root, 'home'), SSH_AUTH_SOCK: '' };
  const start = (...args: string[]): Run =>
    run(operator.start(process.execPath, ['bin/dev.js', 'region', ...args, '--json'], { cwd: PROJECT, env }));
  return {
    root,
    operator,
    hosts,
    put,
    wishes: (count = names.length) => [
      ...['--name', 'lab', '--domain', 'lab.example.org', '--vip', '10.77.0.200', '--management', '10.77.0.0/24'],
      ...['--tenant', '10.64.0.0/16'],
      ...hosts.slice(0, count).flatMap(({ machine }, index) => ['--server', `${names[index]}=${machine.address}`]),
      ...['--known-hosts', join(root, 'known_hosts'), '--platform', join(root, 'tree')],
    ],
    start,
    logos: (...args) => done(start(...args)),
    everywhere: (command) => Promise.all(hosts.map(({ machine }) => machine.exec('sh', ['-c', command]))),
    close: async () => {
      for (const host of hosts) await host.close();
      await operator.close();
      await network.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function run(child: ChildProcess): Run {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (data: Buffer) => {
      printed[stream] += data.toString();
    });
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...printed }))) };
}

const lines = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** The `result` of a run that must fail. */
export async function failed({ ended }: Run): Promise<Line> {
  const { code, stdout, stderr } = await ended;
  if (code === 0) throw new Error(`it was to fail:\n${stdout}\n${stderr}`);
  return lines(stdout).at(-1) as Line;
}

/** The lines of a run that must succeed. */
export async function done({ ended }: Run): Promise<Line[]> {
  const { code, stdout, stderr } = await ended;
  if (code !== 0) throw new Error(`exit code ${code}:\n${stdout}\n${stderr}`);
  return lines(stdout);
}
