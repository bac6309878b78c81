import { u64 } from 'scale-ts';
import type { z } from 'zod';
import { member, operation } from '../client/schemas.ts';
import { answerInvalid } from '../errors.ts';
import { decodeAccount } from '../ss58.ts';
import type { AccountId, Member, Operation } from '../types.ts';
import { ContractStorage, findSectionContract } from './contract.ts';
import type { ContractLayout } from './contract-layout.ts';
import type { VerifiedState } from './reader.ts';

/** Where the registry has a region's operation contract. */
const SECTION = 'compute-section-1';

/**
 * What a region's operation contract (OSC) holds, read from its own storage, with proof. No contract is run.
 * Every call throws UserError `section-unknown`, ExternalError `contract-code-unknown` or what `VerifiedState` does.
 */
export class OperationStorage {
  readonly #contract: ContractStorage;

  private constructor(contract: ContractStorage) {
    this.#contract = contract;
  }

  static async open(state: VerifiedState, layout: ContractLayout, region: string): Promise<OperationStorage> {
    const found = await findSectionContract(state, 'Operation', region, SECTION);
    return new OperationStorage(await ContractStorage.open(state, layout, found));
  }

  /** What is known of a host; `undefined` for one that never joined. */
  async member(account: AccountId): Promise<Member | undefined> {
    const [found] = await this.#contract.values('members', [decodeAccount(account)]);
    return found === undefined ? undefined : (parsed('a member', member, found) ?? undefined);
  }

  async operation(id: bigint): Promise<Operation | undefined> {
    const [found] = await this.#operations([id]);
    return found;
  }

  /** A host's operations that are neither done nor failed nor expired, oldest first. */
  async open(host: AccountId): Promise<Operation[]> {
    const [ids] = await this.#contract.values('open', [decodeAccount(host)]);
    if (ids === undefined) return [];
    const found = await this.#operations((ids as (number | string)[]).map(BigInt));
    return found.filter((one) => one !== undefined);
  }

  async #operations(ids: readonly bigint[]): Promise<(Operation | undefined)[]> {
    const found = await this.#contract.values(
      'operations',
      ids.map((id) => u64.enc(id)),
    );
    return found.map((one) => (one === undefined ? undefined : (parsed('an operation', operation, one) ?? undefined)));
  }
}

function parsed<T>(what: string, schema: z.ZodType<T>, found: unknown): T {
  const result = schema.safeParse(found);
  if (!result.success) throw answerInvalid(what, result.error);
  return result.data;
}
