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
  /** Runs `logos region …` as the operator; gives the lines that it printed. Rejects when it fails, with all of it. */
  logos(...args: string[]): Promise<RegionLine[]>;
  /** `logos region bootstrap` with what it takes to run here. */
  bootstrap(...args: string[]): Promise<RegionLine[]>;
  /** `logos region reset`, likewise. */
  reset(): Promise<RegionLine[]>;
  close(): Promise<void>;
}

/** A line of the command's `--json` output. */
export interface RegionLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Boots `count` servers. Whatever was started is gone again when that fails. */
export async function startRegionLab(count: number): Promise<RegionLab> {
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
    const logos = runner(machine, join(directory, 'home'));
    const { reach, image } = await reachOf(directory);
    const run = async (verb: string, ...args: string[]): Promise<RegionLine[]> => {
      const closure = (await logos('init', definition)).at(-1)?.closure;
      return logos(verb, definition, ...reach, '--closure-hash', String(closure), '--yes', ...args);
    };
    return {
      servers,
      operator: machine,
      logos,
      bootstrap: (...args) => run('bootstrap', ...image, ...args),
      reset: () => run('reset'),
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

function runner(operator: LabMachine, home: string): RegionLab['logos'] {
  return async (...args) => {
    const env = { ...process.env, LOGOS_HOME: home, SSH_AUTH_SOCK: '' };
    const child = operator.start(process.execPath, ['bin/dev.js', 'region', ...args, '--json'], { cwd: PROJECT, env });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (data: Buffer) => {
        printed[stream] += data.toString();
      });
    }
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) {
      throw new Error(
        `logos region ${args.join(' ')}: exit code ${code}\n${printed.stdout.slice(-4_000)}\n${printed.stderr}`,
      );
    }
    return printed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RegionLine);
  };
}
