import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { ExitCode, ExternalError, UserError } from './errors.ts';
import type { Exec, ExecOptions, ExecResult } from './exec.ts';

/** A host that is reached over SSH. Whoever answers must have the key that `knownHosts` has for it. */
export interface SshTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** A file that pins host keys; no other one is looked at. */
  readonly knownHosts: string;
  /** A private key's file; without one the agent's keys and the user's own are tried. */
  readonly identity?: string;
  /** A host that it is reached through, pinned likewise. */
  readonly jump?: { readonly address: string; readonly port: number; readonly user: string };
}

/** ssh's own failures, as opposed to those of what it ran (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255;
/** A server that is busy with its packages answers late. */
const CONNECT_SECONDS = 60;

/**
 * Options of ssh_config(5) that pin the host's key and never ask: the same for what this program runs and for what Ansible does,
 * so that a host that answers the one answers the other.
 */
export function sshOptions({ knownHosts, identity, jump }: SshTarget): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    `ConnectTimeout=${CONNECT_SECONDS}`,
    // A busy server may be silent for a while; two minutes are too long.
    'ServerAliveInterval=15',
    'ServerAliveCountMax=8',
  ];
  if (jump !== undefined) options.push(`ProxyCommand=${proxy({ knownHosts, identity, ...jump })}`);
  // Nobody's own settings: an alias for a key, or another way, would lead past the pinned one.
  return ['-F', 'none', ...options.flatMap((option) => ['-o', option])];
}

/** Ends with what ssh replaces by the host and port behind the jump host. `-J` would not take the options over. */
function proxy(target: SshTarget): string {
  const words = ['ssh', ...login(target), '-W', '[%h]:%p', target.address];
  return words.map((word) => (word === '[%h]:%p' ? word : shellWord(word.replaceAll('%', '%%')))).join(' ');
}

function login(target: SshTarget): string[] {
  const identity = target.identity === undefined ? [] : ['-i', target.identity, '-o', 'IdentitiesOnly=yes'];
  return [...sshOptions(target), ...identity, '-p', `${target.port}`, '-l', target.user];
}

/**
 * Runs programs on a host over SSH, by the system's OpenSSH. Arguments arrive as they are given. Throws what `local` throws,
 * UserError `ssh-host-key` and `ssh-login` (exit code 3) when the host is another or lets nobody in, and ExternalError
 * `ssh-unreachable`.
 */
export function sshExec(target: SshTarget, local: Exec): Exec {
  return async (command, args, options: ExecOptions = {}): Promise<ExecResult> => {
    const line = [command, ...args].map(shellWord).join(' ');
    const accept = options.accept ?? [0];
    const result = await local('ssh', [...login(target), '-T', target.address, line], {
      ...options,
      accept: [...accept, SSH_FAILED],
    });
    if (result.exitCode === SSH_FAILED && !accept.includes(SSH_FAILED)) throw sshFailure(target, result.stderr);
    return result;
  };
}

/** One word of a POSIX shell: the server hands a command line to the user's shell, whatever the client was given. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Tells ssh's failures apart by its words, which are the only place where it says which one it is. */
export function sshFailure({ address, port, user }: SshTarget, stderr: string): UserError | ExternalError {
  const lastLines = stderr.trimEnd().split('\n').slice(-5);
  const host = `${address}:${port}`;
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No .* host key is known/.test(stderr)) {
    return new UserError('ssh-host-key', `${host} has another host key than the pinned one.`, {
      exitCode: ExitCode.refused,
      nextSteps: [
        'Find out from its console why: it was set up anew, or something stands in its place. Never take the key from the network.',
        'Where the new key is right, put it into the definition and propose that.',
      ],
    });
  }
  if (/Permission denied|Too many authentication failures/.test(stderr)) {
    return new UserError('ssh-login', `${host} lets nobody in as ${user}.`, {
      exitCode: ExitCode.refused,
      nextSteps: [
        'Name the key with --identity, or add it to the agent; its public part must be in authorized_keys there.',
      ],
    });
  }
  return new ExternalError('ssh-unreachable', `${host} can't be reached: ${lastLines.at(-1) ?? 'ssh said nothing'}`, {
    host: address,
    status: SSH_FAILED,
    lastLines,
    nextSteps: ['Check its power, its cable, its address and its firewall, then run the command again.'],
  });
}

/**
 * A stream to a program on a host: what is written is its input, what is read is what it prints. It breaks off with the errors of
 * `sshExec` where the host can't be reached or lets nobody in.
 */
export function sshStream(target: SshTarget, command: readonly string[]): Duplex {
  const child = spawn('ssh', [...login(target), '-T', target.address, command.map(shellWord).join(' ')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  child.stdin.on('error', () => {});
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.once('error', (error) => stream.destroy(error));
  child.once('close', (code) => {
    if (code === SSH_FAILED) stream.destroy(sshFailure(target, said));
  });
  stream.once('close', () => child.kill());
  return stream;
}
