import { decodeAddress } from '@polkadot/util-crypto';
import type { z } from 'zod';
import type { Access } from '../contract-types.ts';
import { answerInvalid, roleClosed } from '../errors.ts';
import { generateSealKeyPair, open, type SealKeyPair, seal, sealKeyPairOf } from '../seal.ts';
import { sealingKey } from '../seal-keys.ts';
import { packValue, sharePlace, unpackValue, valuePlace } from '../seal-values.ts';
import type { AccountId, Hash, HostSigner } from '../types.ts';
import type { role as roleSchema, SealedValue } from './contract-schemas.ts';

export type RoleRecord = NonNullable<z.infer<typeof roleSchema>>;

/** All of a role as it was at one block. */
export interface RoleState {
  contract: AccountId;
  name: string;
  id: Hash;
  record: RoleRecord;
  members: readonly { account: AccountId; access: Access; share: Uint8Array }[];
  values: readonly (SealedValue & { id: Hash })[];
}

/** A new key of a role, with everything that is sealed anew for it, as the contract takes it. */
export interface Rotation {
  public_key: Hash;
  shares: [AccountId, Hash][];
  values: [Hash, Hash][];
}

/** The role's key pair, from the signer's share. Throws UserError `role-closed`, ExternalError `seal-broken`. */
export function openRole(state: RoleState, signer: HostSigner): SealKeyPair {
  const { contract, id, record, name } = state;
  const member = state.members.find(({ account }) => account === signer.address);
  if (member === undefined) throw roleClosed(name, 'it has no access');
  const place = sharePlace(decodeAddress(contract), id, record.epoch, decodeAddress(signer.address));
  const pair = sealKeyPairOf(open(member.share, sealingKey(signer), place));
  // A keeper could have sealed just anything: what doesn't fit the role's public key is not its key.
  if (hex(pair.publicKey) !== hex(record.publicKey)) throw answerInvalid(`the key of role ${name}`);
  return pair;
}

/** Opens a value with the role's key. Throws ExternalError `seal-broken`. */
export function openValue(
  state: RoleState,
  pair: SealKeyPair,
  value: SealedValue & { id: Hash },
): { name: string; bytes: Uint8Array } {
  return unpackValue(open(value.sealed, pair, placeOf(state, state.record.epoch, value.id)));
}

/** Seals a value to the role's present key. */
export function sealValue(
  state: Omit<RoleState, 'members' | 'values'>,
  id: Hash,
  name: string,
  bytes: Uint8Array,
): Hash {
  const { epoch, publicKey } = state.record;
  return hex(seal(packValue(name, bytes), publicKey, placeOf(state, epoch, id)));
}

/** Seals a role's secret key to a member. */
export function sealShare(
  to: { account: AccountId; publicKey: Uint8Array },
  pair: SealKeyPair,
  role: { contract: AccountId; id: Hash; epoch: number },
): Hash {
  const place = sharePlace(decodeAddress(role.contract), role.id, role.epoch, decodeAddress(to.account));
  return hex(seal(pair.secretKey, to.publicKey, place));
}

/** A new key for a role, sealed to these members, with all of its values. */
export function rotationOf(
  state: RoleState,
  pair: SealKeyPair,
  members: readonly { account: AccountId; publicKey: Uint8Array }[],
): Rotation {
  const next = generateSealKeyPair();
  const epoch = state.record.epoch + 1;
  const role = { contract: state.contract, id: state.id, epoch };
  return {
    public_key: hex(next.publicKey),
    shares: members.map((member) => [member.account, sealShare(member, next, role)]),
    values: state.values.map((value) => {
      const message = open(value.sealed, pair, placeOf(state, state.record.epoch, value.id));
      return [value.id, hex(seal(message, next.publicKey, placeOf(state, epoch, value.id)))];
    }),
  };
}

function placeOf(state: Pick<RoleState, 'contract' | 'id'>, epoch: number, value: Hash) {
  return valuePlace(decodeAddress(state.contract), state.id, epoch, value);
}

export function hex(bytes: Uint8Array): Hash {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
