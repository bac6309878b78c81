import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareGuestImage } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { SHARED_CACHE } from '../instance.ts';
import { type LabMachine, startLabMachine } from '../machine.ts';
import { type LabNetwork, startLabNetwork } from '../network.ts';
import { makeSshKey } from '../ssh-host.ts';
import { regionAnsible } from './ansible.ts';
import { labDefinition } from './definition.ts';
import { type RegionServer, startRegionServer } from './servers.ts';

const PROJECT = join(import.meta.dirname, '../..');

/** Clean servers on a switch, and beside them the machine of an operator who reaches them by SSH alone. */
export interface RegionLab {
  readonly servers: readonly RegionServer[];
  readonly operator: LabMachine;
  /** The switch that they are on. */
  readonly network: LabNetwork;
  /** Where the operator has the definition (`region.yaml`), the SSH key (`key`) and logos' own directory (`home`). */
  readonly directory: string;
  /** Runs `logos region …` as the operator; gives the lines that it printed. Rejects when it fails, with all of it. */
  logos(...args: string[]): Promise<RegionLine[]>;
  /** `logos region bootstrap` with what it takes to run here. */
  bootstrap(...args: string[]): Promise<RegionLine[]>;
  /** The same as a process, to do something to while it runs. */
  startBootstrap(...args: string[]): Promise<RegionRun>;
  /** `logos region failover` of a server, likewise. */
  failover(server: string, ...args: string[]): Promise<RegionLine[]>;
  /** `logos region reset`, likewise. */
  reset(): Promise<RegionLine[]>;
  /** `logos region provider VERB`, likewise. */
  provider(verb: string, ...args: string[]): Promise<RegionLine[]>;
  close(): Promise<void>;
}

/** A command that runs. */
export interface RegionRun {
  readonly child: ChildProcess;
  /** Once it ended and all of its output was read; `code` is `null` when a signal ended it. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A line of the command's `--json` output. */
export interface RegionLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/**
 * Boots `count` servers. Whatever was started is gone again when that fails. `platform`: the tree of playbooks, if not the
 * one that ships.
 */
export async function startRegionLab(count: number, platform?: string): Promise<RegionLab> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-region-'));
  const network: LabNetwork = await startLabNetwork();
  const servers: RegionServer[] = [];
  let operator: LabMachine | undefined;
  const close = async (): Promise<void> => {
    for (const server of servers) await server.close();
    await operator?.close();
    await network.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await makeSshKey(join(directory, 'key'));
    const authorized = await readFile(join(directory, 'key.pub'), 'utf8');
    const machine = await startLabMachine(network, { name: 'operator' });
    operator = machine;
    for (let number = 1; number <= count; number += 1) {
      servers.push(await startRegionServer(network, `s${number}`, authorized));
    }
    await mkdir(join(directory, 'home'));
    const definition = join(directory, 'region.yaml');
    await writeFile(definition, labDefinition(servers));
    const start = starter(machine, join(directory, 'home'));
    const logos = runner(start);
    const { reach, image } = await reachOf(directory);
    const words = async (verb: string, ...args: string[]): Promise<string[]> => {
      const tree = platform === undefined ? [] : ['--platform', platform];
      const closure = (await logos('init', definition, ...tree)).at(-1)?.closure;
      return [verb, definition, ...tree, ...reach, '--closure-hash', String(closure), '--yes', ...args];
    };
    const run = async (verb: string, ...args: string[]): Promise<RegionLine[]> =>
      logos(...(await words(verb, ...args)));
    return {
      servers,
      operator: machine,
      network,
      directory,
      logos,
      bootstrap: (...args) => run('bootstrap', ...image, ...args),
      startBootstrap: async (...args) => start(...(await words('bootstrap', ...image, ...args))),
      failover: (server, ...args) => run('failover', server, ...args),
      reset: () => run('reset'),
      provider: async (verb, ...args) => logos('provider', ...(await words(verb, ...args))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reachOf(directory: string): Promise<{ reach: string[]; image: string[] }> {
  const ansible = join(await regionAnsible(), 'bin/ansible-playbook');
  const guest = await prepareGuestImage(homeFrom({ LOGOS_HOME: SHARED_CACHE, LOGOS_CACHE: SHARED_CACHE }), localExec);
  const image = ['--guest-kernel', guest.kernel, '--guest-initramfs', guest.initramfs];
  return { reach: ['--identity', join(directory, 'key'), '--ansible', ansible], image };
}

function starter(operator: LabMachine, home: string): (...args: string[]) => RegionRun {
  return (...args) => {
    const env = { ...process.env, LOGOS_HOME: home, SSH_AUTH_SOCK: '' };
    const child = operator.start(process.execPath, ['bin/dev.js', 'region', ...args, '--json'], { cwd: PROJECT, env });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (data: Buffer) => {
        printed[stream] += data.toString();
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, ended: ended.then((code) => ({ code, ...printed })) };
  };
}

function runner(start: (...args: string[]) => RegionRun): RegionLab['logos'] {
  return async (...args) => {
    const { code, stdout, stderr } = await start(...args).ended;
    if (code !== 0) {
      throw new Error(`logos region ${args.join(' ')}: exit code ${code}\n${stdout.slice(-4_000)}\n${stderr}`);
    }
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RegionLine);
  };
}
