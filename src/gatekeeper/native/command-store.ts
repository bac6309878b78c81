import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { ExternalError } from '../../system/errors.ts';
import { isErrno, writeFileAtomic } from '../../system/files.ts';
import { type Command, commandDigest, commandSchema } from './command.ts';

/** Commands and the files that they name, by SHA-256, readable by the gatekeeper's user only: arguments may be secret. */
export interface CommandStore {
  /** Keeps bytes and gives their digest. */
  keep(bytes: Uint8Array): Promise<string>;
  /** Throws ExternalError `command-unknown` or `command-damaged`. */
  bytes(digest: string): Promise<Uint8Array>;
  keepCommand(command: Command): Promise<string>;
  command(digest: string): Promise<Command>;
}

/** Opens the store in `directory`. */
export async function openCommandStore(directory: string): Promise<CommandStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });

  const bytes = async (digest: string): Promise<Uint8Array> => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw unknown(digest);
    let found: Uint8Array;
    try {
      found = await readFile(join(directory, digest));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) throw unknown(digest);
      throw error;
    }
    if (sha256Hex(found) === digest) return found;
    throw new ExternalError('command-damaged', `What is kept of command ${digest} is not what it was.`, {
      nextSteps: ['Give the command again. If nobody touched the file, check the disk.'],
    });
  };

  const keep = async (content: Uint8Array): Promise<string> => {
    const digest = sha256Hex(content);
    await writeFileAtomic(join(directory, digest), content);
    return digest;
  };

  return {
    keep,
    bytes,
    keepCommand: (command) => keep(Buffer.from(canonicalJson(command))),
    async command(digest) {
      const command = commandSchema.parse(JSON.parse(Buffer.from(await bytes(digest)).toString('utf8')));
      if (commandDigest(command) !== digest) throw unknown(digest);
      return command;
    },
  };
}

function unknown(digest: string): ExternalError {
  return new ExternalError('command-unknown', `This host has no command ${digest}.`, {
    nextSteps: ['Ask for it where the command was given; a command runs on the host that it was given on.'],
  });
}
