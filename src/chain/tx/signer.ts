import { resolve } from 'node:path';
import { Bug } from '../../system/errors.ts';
import { developmentKey, HostKey, hostKey } from '../keys.ts';

/** Where a command takes its key from. */
export interface KeyPlace {
  /** `host`, a development account such as `//Alice`, or a directory with host.json and passphrase. */
  from: string;
  /** The host's own key directory. */
  keys: string;
  passphraseFile?: string;
}

/** Opens the key that signs. Throws like `hostKey`. */
export async function openKey({ from, keys, passphraseFile }: KeyPlace): Promise<HostKey> {
  if (isDevelopmentKey(from)) return developmentKey(from);
  const signer = await hostKey(from === 'host' ? keys : resolve(from), { passphraseFile });
  if (!(signer instanceof HostKey)) throw new Bug('hostKey() gave a signer of another kind.');
  return signer;
}

/** Whether the name is one of those whose secret everybody knows. */
export function isDevelopmentKey(from: string): from is `//${string}` {
  return from.startsWith('//') && !from.slice(2).includes('/');
}
