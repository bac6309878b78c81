import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localExec } from '../src/system/exec.ts';
import { type LabMachine, startLabMachine } from './machine.ts';
import type { LabNetwork } from './network.ts';

/** A machine that is reached by SSH alone: OpenSSH's server with a host key of its own, for one user's key. */
export interface SshHost {
  readonly machine: LabMachine;
  /** Its line for a known_hosts file. */
  readonly knownHost: string;
  /** Has it come back with another host key, as a machine in its place would. */
  changeHostKey(): Promise<void>;
  /** Ends all sessions and whatever they run, as a crash would; it answers again with the same key. */
  cutConnections(): Promise<void>;
  close(): Promise<void>;
}

/** A key pair without a passphrase, at `path` and `path.pub`. */
export async function makeSshKey(path: string): Promise<void> {
  await localExec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
}

/** `authorized`: the public key that root may come in with. */
export async function startSshHost(network: LabNetwork, name: string, authorized: string): Promise<SshHost> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-ssh-'));
  const machine = await startLabMachine(network, { name, own: ['/etc', '/root', '/srv'] });
  const key = join(directory, 'host-key');
  await makeSshKey(key);
  await writeFile(join(directory, 'authorized_keys'), authorized);
  await writeFile(join(directory, 'sshd_config'), configuration(machine.address, directory));
  const knownHost = `${machine.address} ${await readFile(`${key}.pub`, 'utf8')}`;
  let server = await startServer(machine, directory);
  return {
    machine,
    knownHost,
    changeHostKey: async () => {
      await stop(server, machine);
      await rm(key);
      await rm(`${key}.pub`);
      await makeSshKey(key);
      server = await startServer(machine, directory);
    },
    cutConnections: async () => {
      await stop(server, machine);
      server = await startServer(machine, directory);
    },
    close: async () => {
      await stop(server, machine);
      await machine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function configuration(address: string, directory: string): string {
  return [
    `ListenAddress ${address}`,
    `HostKey ${join(directory, 'host-key')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    // The files lie in a directory of the test's, below one that everybody may write to.
    'StrictModes no',
    'PidFile none',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}

/** Ready when it says that it listens. */
async function startServer(machine: LabMachine, directory: string): Promise<ChildProcess> {
  await machine.exec('mkdir', ['-p', '/run/sshd']);
  const child = machine.start('/usr/sbin/sshd', ['-D', '-e', '-f', join(directory, 'sshd_config')]);
  const printed: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`sshd ended (${code}):\n${printed.join('')}`)));
    child.stderr?.on('data', (data: Buffer) => {
      printed.push(data.toString());
      if (/^Server listening on /m.test(printed.join(''))) resolve();
    });
  });
  return child;
}

/** With the sessions, which would go on without it. */
async function stop(server: ChildProcess, machine: LabMachine): Promise<void> {
  const gone = new Promise((resolve) => server.once('close', resolve));
  await machine.killAll();
  await gone;
}

/** Puts what a tool needs to come in where the gatekeeper keeps a tool's credentials. */
export async function giveCredentials(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
}
