import { randomBytes } from 'node:crypto';
import { ChainError } from '../../system/errors.ts';
import type {
  Access,
  AnchoredData,
  PossessionChallenge,
  PrivacyContract,
  RoleMember,
  Secret,
} from '../contract-types.ts';
import { chainRefused } from '../errors.ts';
import { generateSealKeyPair } from '../seal.ts';
import { sealingKey } from '../seal-keys.ts';
import { roleId, valueId } from '../seal-values.ts';
import type { AccountId, BlockNumber, Hash, HostSigner, TransactionReceipt } from '../types.ts';
import { anchor, challenge, id64, members, optionalNumber32, publicKey, role, values } from './contract-schemas.ts';
import { describeData, provePiece } from './possession.ts';
import { anything, type RegionContract } from './region-contract.ts';
import { hex, openRole, openValue, type RoleState, rotationOf, sealShare, sealValue } from './role-keys.ts';

export const PRIVACY_SECTION = 'security-section-1';

/** How often something is made anew when somebody else changed the role in between. */
const ATTEMPTS = 4;

/** Asks and changes the privacy contract (PSC) of a region. Secrets are sealed and opened here: none leaves in clear. */
export class PrivacyClient implements PrivacyContract {
  readonly #contract: RegionContract;
  readonly #head: () => Promise<{ hash: Hash }>;

  constructor(contract: RegionContract, head: () => Promise<{ hash: Hash }>) {
    this.#contract = contract;
    this.#head = head;
  }

  async publishKey(signer: HostSigner): Promise<TransactionReceipt | undefined> {
    const own = sealingKey(signer).publicKey;
    const published = await this.#contract.ask('key_of', [signer.address], publicKey);
    if (published !== null && hex(published) === hex(own)) return undefined;
    return this.#tell(signer, 'publish_key', [hex(own)]);
  }

  async createRole(signer: HostSigner, name: string): Promise<TransactionReceipt> {
    const [contract, id] = [await this.#contract.address(), this.#roleId(name)];
    const pair = generateSealKeyPair();
    const own = { account: signer.address, publicKey: sealingKey(signer).publicKey };
    const share = sealShare(own, pair, { contract, id, epoch: 1 });
    return this.#tell(signer, 'create_role', [id, hex(pair.publicKey), share]);
  }

  dropRole(signer: HostSigner, name: string): Promise<TransactionReceipt> {
    return this.#tell(signer, 'drop_role', [this.#roleId(name)]);
  }

  async members(name: string): Promise<RoleMember[]> {
    const found = await this.#contract.ask('members', [this.#roleId(name)], members);
    return found.map(([account, { access }]) => ({ account, access }));
  }

  grant(signer: HostSigner, name: string, account: AccountId, access: Access): Promise<TransactionReceipt> {
    return this.#again(async () => {
      const state = await this.#state(name);
      const { contract, id, record } = state;
      const [to] = await this.#keys([account]);
      if (to === undefined) throw chainRefused('privacy', 'NoKey');
      const share = sealShare(to, openRole(state, signer), { contract, id, epoch: record.epoch });
      return this.#tell(signer, 'grant_access', [id, account, capital(access), record.epoch, share]);
    });
  }

  revoke(signer: HostSigner, name: string, account: AccountId): Promise<TransactionReceipt> {
    return this.#again(async () => {
      const state = await this.#state(name);
      const rotation = await this.#rotation(state, signer, account);
      return this.#tell(signer, 'revoke_access', [state.id, account, state.record.version, rotation]);
    });
  }

  rotate(signer: HostSigner, name: string): Promise<TransactionReceipt> {
    return this.#again(async () => {
      const state = await this.#state(name);
      return this.#tell(signer, 'rotate', [state.id, state.record.version, await this.#rotation(state, signer)]);
    });
  }

  put(signer: HostSigner, name: string, valueName: string, bytes: Uint8Array): Promise<TransactionReceipt> {
    return this.#again(async () => {
      const state = await this.#state(name);
      const id = this.#valueId(name, valueName);
      const version = state.values.find((value) => value.id === id)?.version ?? 0;
      const sealed = sealValue(state, id, valueName, bytes);
      return this.#tell(signer, 'put', [state.id, id, state.record.epoch, version, sealed]);
    });
  }

  async get(signer: HostSigner, name: string, valueName: string): Promise<Secret | undefined> {
    const id = this.#valueId(name, valueName);
    const state = await this.#state(name);
    const [found] = this.#open({ ...state, values: state.values.filter((value) => value.id === id) }, signer);
    return found;
  }

  async list(signer: HostSigner, name: string): Promise<Secret[]> {
    const secrets = this.#open(await this.#state(name), signer);
    return secrets.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  remove(signer: HostSigner, name: string, valueName: string): Promise<TransactionReceipt> {
    return this.#tell(signer, 'remove', [this.#roleId(name), this.#valueId(name, valueName)]);
  }

  anchor(signer: HostSigner, name: string, valueName: string, data: Uint8Array): Promise<TransactionReceipt> {
    const { root, size } = describeData(data);
    return this.#tell(signer, 'anchor', [this.#roleId(name), this.#valueId(name, valueName), root, size]);
  }

  async anchored(name: string, valueName: string): Promise<AnchoredData | undefined> {
    const args = [this.#roleId(name), this.#valueId(name, valueName)];
    return (await this.#contract.ask('data', args, anchor)) ?? undefined;
  }

  async challenge(
    signer: HostSigner,
    name: string,
    valueName: string,
    holder: AccountId,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    const seed = hex(randomBytes(32));
    const args = [this.#roleId(name), this.#valueId(name, valueName), holder, seed];
    const { receipt, emitted } = await this.#contract.tell(signer, 'challenge', args, id64);
    const asked = emitted.find(({ name: event }) => event === 'PossessionChallenged');
    return { id: id64.parse(asked?.args.challenge), ...receipt };
  }

  async challenged(id: bigint): Promise<PossessionChallenge | undefined> {
    return (await this.#contract.ask('open_challenge', [id], challenge)) ?? undefined;
  }

  async prove(signer: HostSigner, id: bigint, data: Uint8Array): Promise<TransactionReceipt> {
    const asked = await this.challenged(id);
    if (asked === undefined) throw chainRefused('privacy', 'UnknownChallenge');
    const { chunk, path } = provePiece(data, asked.index);
    return this.#tell(signer, 'prove', [id, chunk, path]);
  }

  fail(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'fail', [id]);
  }

  async lastProven(holder: AccountId, root: Hash): Promise<BlockNumber | undefined> {
    return (await this.#contract.ask('last_proven', [holder, root], optionalNumber32)) ?? undefined;
  }

  /** All of a role at one block, so that its key, its members and its values belong together. */
  async #state(name: string): Promise<RoleState> {
    const { hash: at } = await this.#head();
    const id = this.#roleId(name);
    const contract = await this.#contract.address(at);
    const record = await this.#contract.ask('role', [id], role, at);
    if (record === null) throw chainRefused('privacy', 'UnknownRole');
    const list = await this.#contract.ask('members', [id], members, at);
    const sealed = await this.#contract.ask('values', [id], values, at);
    return {
      contract,
      name,
      id,
      record,
      members: list.map(([account, member]) => ({ account, ...member })),
      values: sealed.map(([value, entry]) => ({ id: value, ...entry })),
    };
  }

  #open(state: RoleState, signer: HostSigner): Secret[] {
    const pair = openRole(state, signer);
    return state.values.map((value) => {
      const { version, by, since } = value;
      return { ...openValue(state, pair, value), version, by, since };
    });
  }

  async #rotation(state: RoleState, signer: HostSigner, without?: AccountId) {
    const rest = state.members.map(({ account }) => account).filter((account) => account !== without);
    return rotationOf(state, openRole(state, signer), await this.#keys(rest));
  }

  /** The accounts' published keys; an account without one can't be a member. */
  async #keys(accounts: readonly AccountId[]): Promise<{ account: AccountId; publicKey: Uint8Array }[]> {
    const found = accounts.map(async (account) => {
      const key = await this.#contract.ask('key_of', [account], publicKey);
      return key === null ? [] : [{ account, publicKey: key }];
    });
    return (await Promise.all(found)).flat();
  }

  /** Makes and sends something, again with what is there now when somebody else changed the role in between. */
  async #again(work: () => Promise<TransactionReceipt>): Promise<TransactionReceipt> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const changed = error instanceof ChainError && ['VersionConflict', 'WrongEpoch'].includes(error.variant);
        if (!changed || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  async #tell(signer: HostSigner, message: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, message, args, anything)).receipt;
  }

  #roleId(name: string): Hash {
    return roleId(this.#contract.place.region, name);
  }

  #valueId(name: string, valueName: string): Hash {
    return valueId(this.#contract.place.region, name, valueName);
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
