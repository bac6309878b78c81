import { HostKey } from './keys.ts';
import type { AccountId, Hash, HostSigner } from './types.ts';

/** What is signed of a request: its id covers all that it says, its account and its chain. */
function messageOf(requestId: string): string {
  return `logos-request:${requestId}`;
}

/** Signs a request, so that another gatekeeper knows who asks. */
export async function signRequest(signer: HostSigner, requestId: string): Promise<Hash> {
  if (!(signer instanceof HostKey)) throw new TypeError('this signer has no key');
  return `0x${Buffer.from(signer.pair.sign(messageOf(requestId))).toString('hex')}`;
}

/** Whether an account signed a request, by sr25519 or ed25519. Never throws. */
export async function isSignedBy(account: AccountId, requestId: string, signature: string): Promise<boolean> {
  try {
    const { cryptoWaitReady, signatureVerify } = await import('@polkadot/util-crypto');
    await cryptoWaitReady();
    const { isValid, crypto } = signatureVerify(messageOf(requestId), signature, account);
    return isValid && (crypto === 'sr25519' || crypto === 'ed25519');
  } catch {
    return false;
  }
}
