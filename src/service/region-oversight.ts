import { type AccountId, connectChain, openKey, publicKeyOf } from '../chain/index.ts';
import { carryOutOversight, type Oversight, oversee, type Told } from '../gatekeeper/index.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { loadHostRecord } from './host-record.ts';

/** What a main gatekeeper wants done. */
export interface OversightOrders {
  /** Report what was seen, and judge the answers. */
  readonly apply: boolean;
  readonly challenge?: AccountId;
  readonly exclude?: AccountId;
}

export type OrderTold = Told | { readonly told: 'challenge' | 'exclude'; readonly account: AccountId };

export interface RegionOversight {
  look(): Promise<Oversight>;
  tell(key: Parameters<typeof openKey>[0], oversight: Oversight, orders: OversightOrders): Promise<OrderTold[]>;
  close(): Promise<void>;
}

/** Checks the accounts that orders name. Throws UserError `account-invalid`. */
export function checkOrders({ challenge, exclude }: Omit<OversightOrders, 'apply'>): void {
  for (const account of [challenge, exclude]) {
    try {
      if (account !== undefined) publicKeyOf(account);
    } catch (cause) {
      throw new UserError('account-invalid', `${account?.slice(0, 100)} is not the address of an account.`, {
        cause,
        exitCode: ExitCode.usage,
        nextSteps: ['Take the address from `logos gatekeeper oversight`.'],
      });
    }
  }
}

/**
 * Oversight of a region's machines over a chain, by default the one that this host joined. Throws as `connectChain` does, and
 * UserError `host-not-joined`; `look` throws `chain-without-oversight`, `tell` what the key store and the chain do.
 */
export async function regionOversight(
  home: Home,
  { url, region }: { url?: string; region: string },
): Promise<RegionOversight> {
  const chain = await connectChain(url ?? (await loadHostRecord(home)).chain.url, { region });
  return {
    async look() {
      const oversight = await oversee(chain);
      if (oversight !== undefined) return oversight;
      throw new UserError('chain-without-oversight', 'This chain keeps no rules for lent machines.', {
        nextSteps: ['Ask its founders to upgrade the runtime: `logos chain upgrade`.'],
      });
    },
    async tell(key, oversight, { apply, challenge, exclude }) {
      if (!apply && challenge === undefined && exclude === undefined) return [];
      const signer = await openKey(key);
      const told: OrderTold[] = apply ? await carryOutOversight(chain, signer, oversight) : [];
      if (challenge !== undefined) {
        await chain.machines.challenge(signer, challenge);
        told.push({ told: 'challenge', account: challenge });
      }
      if (exclude !== undefined) {
        await chain.machines.exclude(signer, exclude);
        told.push({ told: 'exclude', account: exclude });
      }
      return told;
    },
    close: () => chain.close(),
  };
}
