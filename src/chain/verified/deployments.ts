import { str, u64 } from 'scale-ts';
import { z } from 'zod';
import { proposal } from '../client/contract-schemas.ts';
import type { DeploymentProposal, DeploymentView } from '../contract-types.ts';
import { answerInvalid } from '../errors.ts';
import type { BlockNumber } from '../types.ts';
import { ContractStorage, findSectionContract } from './contract.ts';
import type { ContractLayout } from './contract-layout.ts';
import type { VerifiedState } from './reader.ts';

/** Where the registry has a region's deployment contract. */
const SECTION = 'deployment-section-1';

const number64 = z.union([z.int().nonnegative(), z.string().regex(/^0x[0-9a-f]{1,16}$/)]).transform(BigInt);
const fields = z.object({ proposalCount: number64 });

/**
 * What a region's deployment contract holds at one final block, read from its own storage, with proof. No contract is run.
 * Every call throws UserError `section-unknown`, ExternalError `contract-code-unknown` or what `VerifiedState` does.
 */
export class DeploymentStorage implements DeploymentView {
  readonly height: BlockNumber;
  readonly #contract: ContractStorage;

  private constructor(height: BlockNumber, contract: ContractStorage) {
    this.height = height;
    this.#contract = contract;
  }

  static async open(state: VerifiedState, layout: ContractLayout, region: string): Promise<DeploymentStorage> {
    const found = await findSectionContract(state, 'Operation', region, SECTION);
    return new DeploymentStorage(state.head.height, await ContractStorage.open(state, layout, found));
  }

  async from(first: bigint): Promise<DeploymentProposal[]> {
    const { proposalCount } = parsed('the fields of the deployment contract', fields, await this.#contract.fields());
    const ids: bigint[] = [];
    for (let id = first < 1n ? 1n : first; id <= proposalCount; id += 1n) ids.push(id);
    return this.#proposals(ids);
  }

  async current(target: string): Promise<DeploymentProposal | undefined> {
    const [id] = await this.#contract.values('current', [str.enc(target)]);
    if (id === undefined) return undefined;
    const [found] = await this.#proposals([parsed('a proposal', number64, id)]);
    return found;
  }

  async #proposals(ids: readonly bigint[]): Promise<DeploymentProposal[]> {
    const found = await this.#contract.values(
      'proposals',
      ids.map((id) => u64.enc(id)),
    );
    return found.flatMap((one) => (one === undefined ? [] : (parsed('a proposal', proposal, one) ?? [])));
  }
}

function parsed<T>(what: string, schema: z.ZodType<T>, found: unknown): T {
  const result = schema.safeParse(found);
  if (!result.success) throw answerInvalid(what, result.error);
  return result.data;
}
