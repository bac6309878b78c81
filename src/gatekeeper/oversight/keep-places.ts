import type { AccountId, ConnectedChain, HostResources, HostSigner } from '../../chain/index.ts';
import { toLogosError } from '../../system/errors.ts';
import { guestsOf, stoppedGuests } from './guests.ts';

/** What is known of sizes: by the names of classes and of templates on chain. */
export interface Sizes {
  capacityOf(resourceClass: string): HostResources | undefined;
  needsOf(template: string): HostResources | undefined;
}

export type PlacedChain = Pick<ConnectedChain, 'operationsOf' | 'placement' | 'member'>;

/** Something that could not be put on record, in words. */
export interface Unplaced {
  readonly account: AccountId;
  readonly guest?: string;
  readonly why: string;
}

/**
 * Keeps on record which hosts there are, and where each guest is, so that room is known and a guest of a host that fails can
 * be moved. What operators set stays as it is. `settled` remembers what needs no second look. Only an operator of the
 * placement contract may. Throws when the chain can't be read.
 */
export async function keepPlaces(
  chain: PlacedChain,
  signer: HostSigner,
  accounts: readonly AccountId[],
  sizes: Sizes,
  settled: Set<string>,
): Promise<Unplaced[]> {
  const unplaced: Unplaced[] = [];
  for (const account of accounts) {
    try {
      if (!(await keepHost(chain, signer, account, sizes))) continue;
    } catch (thrown) {
      unplaced.push({ account, why: toLogosError(thrown).message });
      continue;
    }
    unplaced.push(...(await keepGuests(chain, signer, account, sizes, settled)));
  }
  return unplaced;
}

/** Gives whether it is on record and runs guests. */
async function keepHost(
  chain: PlacedChain,
  signer: HostSigner,
  account: AccountId,
  { capacityOf }: Sizes,
): Promise<boolean> {
  const { placement } = chain;
  if ((await placement.host(account)) !== undefined) return true;
  const known = await chain.member(account);
  if (known?.standing !== 'admitted' || known.admission.path === 'gpu') return false;
  const { class: name } = known.admission;
  const capacity = capacityOf(name);
  if (capacity === undefined) throw new Error(`the chain has no class ${name}`);
  await placement.setHost(signer, account, { class: name, capacity, open: true });
  return true;
}

async function keepGuests(
  chain: PlacedChain,
  signer: HostSigner,
  account: AccountId,
  { needsOf }: Sizes,
  settled: Set<string>,
): Promise<Unplaced[]> {
  const { placement } = chain;
  const operations = await chain.operationsOf(account);
  const unplaced: Unplaced[] = [];
  const each = async (guest: string, is: string, work: () => Promise<unknown>): Promise<void> => {
    const key = `${account} ${guest} ${is}`;
    if (settled.has(key)) return;
    try {
      await work();
      settled.add(key);
    } catch (thrown) {
      unplaced.push({ account, guest, why: toLogosError(thrown).message });
    }
  };
  for (const { kind, id } of guestsOf(operations)) {
    await each(kind.name, `${id}`, async () => {
      if ((await placement.placement(kind.name)) !== undefined) return;
      const needs = needsOf(kind.template);
      if (needs === undefined) throw new Error(`the chain has no template ${kind.template}`);
      await placement.place(signer, kind.name, account, needs);
    });
  }
  const last = operations.at(-1)?.id ?? 0n;
  for (const guest of stoppedGuests(operations)) {
    await each(guest, `stopped ${last}`, async () => {
      if ((await placement.placement(guest))?.host === account) await placement.release(signer, guest);
    });
  }
  return unplaced;
}
