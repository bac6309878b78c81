import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyringPair, KeyringPair$Json } from '@polkadot/keyring/types';
import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import { isErrno, syncDirectory } from '../system/files.ts';
import type { AccountId, HostSigner } from './types.ts';

/** An unlocked key pair. Only this folder looks inside. */
export class HostKey implements HostSigner {
  readonly pair: KeyringPair;

  constructor(pair: KeyringPair) {
    this.pair = pair;
  }

  get address(): AccountId {
    return this.pair.address;
  }
}

interface HostKeyOptions {
  /** Default `passphrase` beside the key; that one is made together with the key. */
  passphraseFile?: string;
  /** Make the key when there is none. */
  create?: boolean;
}

/** The keystore file of polkadot.js: the pair encrypted with xsalsa20-poly1305 under a scrypt of the passphrase. */
const keystore = z.looseObject({
  address: z.string().max(64),
  encoded: z.string().max(4_096),
  encoding: z.looseObject({
    content: z.tuple([z.literal('pkcs8'), z.literal('sr25519')]),
    type: z.array(z.string()),
    version: z.string(),
  }),
  meta: z.record(z.string(), z.unknown()),
});

const PASSPHRASE_BYTES = 32;

/**
 * The host's sr25519 key in `directory`/host.json, decrypted with the passphrase file.
 * Throws UserError `key-missing`, `key-locked` (no passphrase, or not the right one), `key-permissions` (others can read
 * one of the files) or `key-damaged`.
 */
export async function hostKey(directory: string, options: HostKeyOptions = {}): Promise<HostSigner> {
  const { Keyring } = await import('@polkadot/keyring');
  const { cryptoWaitReady } = await import('@polkadot/util-crypto');
  await cryptoWaitReady();
  const keyring = new Keyring({ type: 'sr25519', ss58Format: 42 });
  const path = join(directory, 'host.json');
  const passphraseFile = options.passphraseFile ?? join(directory, 'passphrase');

  let stored = await readSecret(path);
  if (stored === undefined) {
    if (!options.create) throw keyMissing(path);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (options.passphraseFile === undefined) {
      await createOnce(passphraseFile, randomBytes(PASSPHRASE_BYTES).toString('hex'), 0o400);
    }
    const passphrase = await readPassphrase(passphraseFile);
    const pair = keyring.addFromSeed(randomBytes(32), { name: 'host' });
    if (await createOnce(path, `${JSON.stringify(pair.toJson(passphrase))}\n`, 0o600)) return new HostKey(pair);
    // Another process may have been first; then its key is the host's.
    stored = await readSecret(path);
    if (stored === undefined) throw keyMissing(path);
  }
  const pair = keyring.addFromJson(parseKeystore(stored, path));
  const passphrase = await readPassphrase(passphraseFile);
  try {
    pair.decodePkcs8(passphrase);
  } catch (cause) {
    throw keyLocked(`${passphraseFile} does not hold the passphrase of ${path}`, cause);
  }
  return new HostKey(pair);
}

/** The address of the host key, without its passphrase. Throws like `hostKey`. */
export async function hostAddress(directory: string): Promise<AccountId> {
  const path = join(directory, 'host.json');
  const stored = await readSecret(path);
  if (stored === undefined) throw keyMissing(path);
  return parseKeystore(stored, path).address;
}

/** One of the well-known development accounts, such as `//Alice`: its key is public. */
export async function developmentKey(name: `//${string}`): Promise<HostKey> {
  const { Keyring } = await import('@polkadot/keyring');
  const { cryptoWaitReady } = await import('@polkadot/util-crypto');
  await cryptoWaitReady();
  return new HostKey(new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(name));
}

function parseKeystore(text: string, path: string): KeyringPair$Json {
  try {
    return keystore.parse(JSON.parse(text)) as unknown as KeyringPair$Json;
  } catch (cause) {
    throw new UserError('key-damaged', `${path} is not a key file.`, {
      cause,
      nextSteps: ['Restore it from a backup. Without it, remove it, and this host joins under a new key.'],
    });
  }
}

async function readPassphrase(path: string): Promise<string> {
  const text = await readSecret(path);
  if (text === undefined || text.trim() === '') throw keyLocked(`there is no passphrase in ${path}`);
  return text.trim();
}

/** A file that only its owner may read, and that is ours; `undefined` when there is none. */
async function readSecret(path: string): Promise<string | undefined> {
  try {
    const stat = await lstat(path);
    const own = stat.uid === process.getuid?.();
    if (!stat.isFile() || !own || (stat.mode & 0o077) !== 0) throw keyPermissions(path);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Makes a file whole or not at all, and leaves one that is there: false then. link(2) fails where the name exists. */
async function createOnce(path: string, data: string, mode: number): Promise<boolean> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return false;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(path));
  return true;
}

function keyMissing(path: string): UserError {
  return new UserError('key-missing', `This host has no key (${path}).`, {
    nextSteps: ['Run `logos provide`: it makes one.', 'Or put the key back from a backup.'],
  });
}

function keyLocked(why: string, cause?: unknown): UserError {
  return new UserError('key-locked', `The host key can't be unlocked: ${why}.`, {
    cause,
    nextSteps: ['Put the passphrase file back, or name another one.'],
  });
}

function keyPermissions(path: string): UserError {
  return new UserError('key-permissions', `Others can read ${path}, or it belongs to someone else.`, {
    nextSteps: [`Run \`chmod 600 ${path}\` as its owner; if others may have read it, make a new key.`],
  });
}
