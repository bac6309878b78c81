import { str } from 'scale-ts';
import { LogosError } from '../../system/errors.ts';
import { answerInvalid, sectionUnknown } from '../errors.ts';
import { encodeAccount } from '../ss58.ts';
import type { AccountId } from '../types.ts';
import { concatBytes, sameBytes } from './codec.ts';
import { readCompact } from './compact.ts';
import type { ContractLayout } from './contract-layout.ts';
import { contractCodeUnknown } from './errors.ts';
import type { VerifiedState } from './reader.ts';
import { blake2Concat, itemKey, twox64Concat } from './storage-keys.ts';
import type { Proven } from './trie-proof.ts';

/** Variants of pallet_scl::ContractKind. */
const KINDS = { Configuration: 0, Operation: 1, Privacy: 2 } as const;
const ACCOUNT_BYTES = 32;
const HASH_BYTES = 32;

/** Which contract holds a section. */
export interface SectionContract {
  readonly region: string;
  readonly section: string;
  readonly account: Uint8Array;
}

/** Finds a section's contract through the chain's registry (pallet SCL), with proof. Throws UserError `section-unknown`. */
export async function findSectionContract(
  state: VerifiedState,
  kind: keyof typeof KINDS,
  region: string,
  section: string,
): Promise<SectionContract> {
  const [record] = await state.read([registryKey(kind, region, section)]);
  if (record === undefined) throw sectionUnknown(section, region);
  return { region, section, account: record.subarray(0, ACCOUNT_BYTES) };
}

/** The storage of one contract, as of one block; its code is known to keep it as `layout` says. */
export class ContractStorage {
  readonly address: AccountId;
  readonly layout: ContractLayout;
  readonly #state: VerifiedState;
  readonly #trieId: Uint8Array;

  private constructor(state: VerifiedState, account: Uint8Array, trieId: Uint8Array, layout: ContractLayout) {
    this.address = encodeAccount(account);
    this.layout = layout;
    this.#state = state;
    this.#trieId = trieId;
  }

  /**
   * Opens the storage of a contract, with proof. Throws UserError `section-unknown` when there is no contract any more, or
   * ExternalError `contract-code-unknown` when its code is not the one that `layout` is of.
   */
  static async open(state: VerifiedState, layout: ContractLayout, found: SectionContract): Promise<ContractStorage> {
    const { account, region, section } = found;
    const [info] = await state.read([concatBytes(itemKey('Contracts', 'ContractInfoOf'), twox64Concat(account))]);
    // The registry keeps a contract that was ended until somebody removes it.
    if (info === undefined) throw sectionUnknown(section, region);
    const { trieId, codeHash } = parseInfo(info);
    if (!sameBytes(codeHash, layout.codeHash)) throw contractCodeUnknown(section, codeHash, layout.codeHash);
    return new ContractStorage(state, account, trieId, layout);
  }

  /** The contract's fields, in the JSON form of ink-types.ts. */
  async fields(): Promise<unknown> {
    const [root] = await this.read([this.layout.rootKey]);
    if (root === undefined) throw answerInvalid(`the contract ${this.address}`);
    return this.layout.decodeRoot(root);
  }

  /** Values of a mapping, in the order of their keys (SCALE bytes); `undefined` where there is none. */
  async values(mapping: string, keys: readonly Uint8Array[]): Promise<unknown[]> {
    const found = await this.read(keys.map((key) => this.layout.valueKey(mapping, key)));
    return found.map((bytes) => (bytes === undefined ? undefined : this.layout.decodeValue(mapping, bytes)));
  }

  /** Values of storage keys, in one request where the node allows it: the parts of a proof would share most of it. */
  async read(keys: readonly Uint8Array[]): Promise<Proven[]> {
    if (keys.length === 0) return [];
    if (keys.length > MOST_AT_ONCE) return this.#readHalves(keys);
    try {
      return await this.#state.readChild(this.#trieId, keys);
    } catch (error) {
      // Nodes limit the size of their answers, and values are up to 16 KiB.
      const mayBeTooLarge = error instanceof LogosError && error.code === 'endpoint-unusable' && keys.length > FEW;
      if (!mayBeTooLarge) throw error;
      return this.#readHalves(keys);
    }
  }

  async #readHalves(keys: readonly Uint8Array[]): Promise<Proven[]> {
    const half = Math.ceil(keys.length / 2);
    return [...(await this.read(keys.slice(0, half))), ...(await this.read(keys.slice(half)))];
  }
}

const MOST_AT_ONCE = 2_048;
/** So many values fit any answer. */
const FEW = 128;

/** Where the registry has a contract. */
export function registryKey(kind: keyof typeof KINDS, region: string, section: string): Uint8Array {
  const name = concatBytes([KINDS[kind]], str.enc(section));
  return concatBytes(itemKey('Scl', 'Contracts'), blake2Concat(str.enc(region)), blake2Concat(name));
}

/** Reads the beginning of pallet_contracts' ContractInfo: the name of the storage trie, and the hash of the code. */
function parseInfo(info: Uint8Array): { trieId: Uint8Array; codeHash: Uint8Array } {
  const [offset, length] = readCompact(info);
  const end = offset + length;
  return { trieId: info.subarray(offset, end), codeHash: info.subarray(end, end + HASH_BYTES) };
}
