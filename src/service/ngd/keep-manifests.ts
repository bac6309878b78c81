import type { AccountId, ConnectedChain, HostSigner, LogosChain } from '../../chain/index.ts';
import { ChainError } from '../../system/errors.ts';
import { digestOf, rulesDigest } from '../rules.ts';

/**
 * Puts on record what each guarded machine must attest: what the region's sections say in a final block, which `proven` reads
 * with proof: a wrong digest would have every machine of the region missed. The chain takes what they said before for one
 * more term, so that owners can apply the change. For main gatekeepers; throws what the chain does.
 */
export async function keepManifests(
  { machines }: Pick<ConnectedChain, 'machines'>,
  proven: Pick<LogosChain, 'configuration'>,
  signer: HostSigner,
  accounts: readonly AccountId[],
): Promise<AccountId[]> {
  if (accounts.length === 0) return [];
  const [security, network] = await Promise.all(
    ['security-section-1', 'network-section-1'].map((name) => proven.configuration(name)),
  );
  const wanted = rulesDigest({
    policy: digestOf(security?.entries.get('host-policy')),
    firewall: digestOf(security?.entries.get('host-firewall')),
    gatekeeper: digestOf(network?.entries.get('client-gatekeeper')),
  });
  const set: AccountId[] = [];
  for (const account of accounts) {
    const guard = (await machines.find(account))?.guard;
    if (guard === undefined || guard.manifest === `0x${wanted}`) continue;
    try {
      await machines.setManifest(signer, account, `0x${wanted}`);
      set.push(account);
    } catch (error) {
      // While a former manifest is still taken, the chain sets no third one: the next look tries again.
      if (!(error instanceof ChainError)) throw error;
    }
  }
  return set;
}
