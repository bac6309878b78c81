import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { ExitCode, UserError } from '../../system/errors.ts';

/**
 * A sealed file: MAGIC, 16 bytes of salt, 12 of nonce, AES-256-GCM of the content, 16 of tag. The key is scrypt's (RFC 7914) of the
 * passphrase: N 2^16, r 8, p 1.
 */
const MAGIC = Buffer.from('LOGOS-BACKUP-1\n');
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const HEAD = MAGIC.length + SALT + NONCE;

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);
const keyOf = (passphrase: string, salt: Buffer) =>
  derive(passphrase, salt, 32, { N: 2 ** 16, r: 8, p: 1, maxmem: 256 * 1024 * 1024 });

/** Seals a file into a new one, for its owner alone. */
export async function seal(from: string, to: string, passphrase: string): Promise<void> {
  const [salt, nonce] = [randomBytes(SALT), randomBytes(NONCE)];
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), nonce);
  const file = createWriteStream(to, { mode: 0o600, flags: 'wx' });
  file.write(Buffer.concat([MAGIC, salt, nonce]));
  await pipeline(createReadStream(from), cipher, file);
  await appendFile(to, cipher.getAuthTag());
}

/** Whether a file is a sealed one. */
export async function isSealed(file: string): Promise<boolean> {
  return (await part(file, 0, MAGIC.length)).equals(MAGIC);
}

/** Opens a sealed file into a new one. Throws UserError `region-backup-passphrase` for another passphrase, or a changed byte. */
export async function unseal(from: string, to: string, passphrase: string): Promise<void> {
  const { size } = await stat(from);
  // No archive is empty.
  if (size <= HEAD + TAG) throw wrong();
  const head = await part(from, 0, HEAD);
  const salt = head.subarray(MAGIC.length, MAGIC.length + SALT);
  const decipher = createDecipheriv('aes-256-gcm', await keyOf(passphrase, salt), head.subarray(-NONCE), {
    authTagLength: TAG,
  });
  decipher.setAuthTag(await part(from, size - TAG, TAG));
  const content = createReadStream(from, { start: HEAD, end: size - TAG - 1 });
  try {
    await pipeline(content, decipher, createWriteStream(to, { mode: 0o600, flags: 'wx' }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code?.startsWith('E')) throw cause;
    throw wrong(cause);
  }
}

async function part(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function wrong(cause?: unknown): UserError {
  return new UserError('region-backup-passphrase', 'The backup was sealed with another passphrase, or was changed.', {
    cause,
    exitCode: ExitCode.refused,
    nextSteps: ['Give its passphrase, or take another copy of it.'],
  });
}
