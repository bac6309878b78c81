import { createHash } from 'node:crypto';
import { execa } from 'execa';

/**
 * Digest in hex of what a program of this machine prints for an input; its bytes never become text. `undefined` when the
 * program is missing, fails or prints nothing.
 */
export async function outputDigest(
  algorithm: 'sha1' | 'sha256',
  command: string,
  args: readonly string[],
  input: string | Uint8Array,
): Promise<string | undefined> {
  const { stdout, exitCode } = await execa(command, [...args], {
    input,
    encoding: 'buffer',
    env: { LC_ALL: 'C' },
    timeout: 120_000,
    reject: false,
    stripFinalNewline: false,
  });
  if (exitCode !== 0 || stdout === undefined || stdout.length === 0) return undefined;
  return createHash(algorithm).update(stdout).digest('hex');
}
