import { compactFromU8a } from '@polkadot/util';
import { encodeAddress, xxhashAsHex } from '@polkadot/util-crypto';
import { sha256Hex } from '../../system/canonical.ts';
import type { Bytes } from '../runtime-call.ts';
import { codeHash } from '../runtime-file.ts';
import type { AccountId, Hash } from '../types.ts';
import type { Specification } from './file.ts';

/** What a specification comes to, for founders to compare. */
export interface SpecificationSummary {
  name: string;
  id: string;
  chainType: string;
  genesis: Hash;
  stateRoot: Hash;
  /** SHA-256 of the file. */
  sha256: string;
  runtime: { specName: string; specVersion: number; codeHash: Hash; wasmSha256: string };
  validators: AccountId[];
  council: AccountId[];
  administrator: AccountId | null;
  /** Planck, all accounts together. */
  issuance: string;
  bootNodes: readonly string[];
}

/** Reads from the first block what matters to founders; how pallets store it does not change with their versions. */
export function summarize(spec: Specification, text: string): SpecificationSummary {
  const value = (pallet: string, item: string): Bytes | undefined => spec.state.get(storageKey(pallet, item));
  const { runtime } = spec;
  const administrator = value('Sudo', 'Key');
  return {
    name: spec.name,
    id: spec.id,
    chainType: spec.chainType,
    genesis: spec.genesis,
    stateRoot: spec.stateRoot,
    sha256: sha256Hex(text),
    runtime: {
      specName: runtime.version.specName,
      specVersion: runtime.version.specVersion,
      codeHash: codeHash(runtime.code()),
      wasmSha256: runtime.wasmSha256,
    },
    validators: accounts(value('Session', 'Validators')),
    council: accounts(value('Council', 'Members')),
    administrator: administrator?.length === 32 ? encodeAddress(administrator, 42) : null,
    issuance: u128(value('Balances', 'TotalIssuance')).toString(),
    bootNodes: spec.bootNodes,
  };
}

/** A plain storage item's key, without `0x`. */
function storageKey(pallet: string, item: string): string {
  return xxhashAsHex(pallet, 128).slice(2) + xxhashAsHex(item, 128).slice(2);
}

function accounts(list: Bytes | undefined): AccountId[] {
  if (list === undefined) return [];
  const [offset, count] = compactFromU8a(list);
  const start = (index: number): number => offset + 32 * index;
  return Array.from({ length: count.toNumber() }, (_, index) =>
    encodeAddress(list.subarray(start(index), start(index + 1)), 42),
  );
}

function u128(bytes: Bytes | undefined): bigint {
  return [...(bytes ?? [])].reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
