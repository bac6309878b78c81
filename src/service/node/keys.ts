import { z } from 'zod';
import { ExitCode, UserError } from '../../system/errors.ts';
import { askNode } from './rpc.ts';
import { type NodeSettings, requireNative } from './settings.ts';

/** New session keys of a node: their secret halves are in its keystore and nowhere else. */
export interface SessionKeys {
  /** For `session.setKeys`. */
  keys: string;
  /** That who asks has the secret halves, for the same call; absent where the runtime wants none. */
  proof?: string;
}

const hex = z.string().regex(/^0x[0-9a-f]*$/);

/**
 * Has the node make new session keys for the validator's account. The old ones stay in the keystore: they sign until
 * the chain has taken up the new ones. Throws UserError `account-invalid`, `node-not-running`, `node-light`, ExternalError
 * `node-refused`.
 */
export async function rotateSessionKeys(settings: NodeSettings, account: string): Promise<SessionKeys> {
  requireNative(settings);
  const owner = await accountHex(account);
  return askNode(settings.rpcPort)(
    'author_rotateKeysWithOwner',
    [owner],
    z.object({ keys: hex, proof: hex.optional() }),
  );
}

async function accountHex(address: string): Promise<string> {
  const { decodeAddress } = await import('@polkadot/util-crypto');
  try {
    return `0x${Buffer.from(decodeAddress(address)).toString('hex')}`;
  } catch (cause) {
    throw new UserError('account-invalid', `${address.slice(0, 100)} is not the address of an account.`, {
      cause,
      exitCode: ExitCode.usage,
      nextSteps: ["Give the validator's address with --account, as wallets show it."],
    });
  }
}
