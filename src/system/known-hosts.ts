import { ExitCode, UserError } from './errors.ts';
import type { Exec } from './exec.ts';

/** The best first: what OpenSSH servers have, and what the definition of a region may pin. */
const KINDS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/**
 * The key that a known_hosts file has for a host, such as `ssh-ed25519 AAAA…`; hashed names are found too (ssh-keygen(1), -F).
 * Throws UserError `ssh-host-key-missing` (exit code 2).
 */
export async function knownKey(
  exec: Exec,
  file: string,
  { address, port = 22 }: { address: string; port?: number },
): Promise<string> {
  const host = port === 22 ? address : `[${address}]:${port}`;
  const { stdout } = await exec('ssh-keygen', ['-F', host, '-f', file], { accept: [0, 1, 255] });
  const keys = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'))
    .map((line) => line.split(/\s+/).slice(1, 3).join(' '));
  const best = KINDS.map((kind) => keys.find((key) => key.startsWith(`${kind} `))).find((key) => key !== undefined);
  if (best !== undefined) return best;
  throw new UserError('ssh-host-key-missing', `${file} has no key of ${host}.`, {
    exitCode: ExitCode.usage,
    nextSteps: [
      'Log in to it once with ssh, after comparing the fingerprint with its console, or name another file with --known-hosts.',
    ],
  });
}
