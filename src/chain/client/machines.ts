import type { Codec } from '@polkadot/types/types';
import type { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { answerInvalid } from '../errors.ts';
import type { Attestation, Fault, MachineRecord, MachineRegister, MachineRules } from '../machine-types.ts';
import type { AccountId, Hash, HostSigner, TransactionReceipt } from '../types.ts';
import { attestationProof } from './attestation.ts';
import type { Connection } from './connection.ts';
import type { Gatekeepers } from './gatekeepers.ts';
import { bond, challenge, guarded, member, reported, rules, ruling } from './machine-schemas.ts';
import { nameOfBytes } from './schemas.ts';
import type { TransactionQueue } from './transactions.ts';

const WHAT = 'its lent machines';
/** Machines of all regions that are read at a time, and in all. */
const PAGE = 512;
const MOST = 65_536;

/** Asks and changes the chain's register of lent machines (pallet DRN). */
export class MachineClient implements MachineRegister {
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #gatekeepers: Gatekeepers;
  readonly #region: string;

  constructor(connection: Connection, queue: TransactionQueue, gatekeepers: Gatekeepers, region: string) {
    this.#connection = connection;
    this.#queue = queue;
    this.#gatekeepers = gatekeepers;
    this.#region = region;
  }

  async rules(): Promise<MachineRules | undefined> {
    const { api } = this.#connection;
    const [query, constants] = [api.query.drn?.currentRules, api.consts.drn];
    if (query === undefined || constants?.heartbeatGap === undefined || constants.collateral === undefined) {
      return undefined;
    }
    const held = read(rules, await this.#connection.run(WHAT, () => query()));
    const heartbeatGap = Number(constants.heartbeatGap.toString());
    const { attestWindow: window } = constants;
    const attestWindow = window === undefined ? {} : { attestWindow: Number(window.toString()) };
    return { ...held, ...attestWindow, heartbeatGap, collateral: BigInt(constants.collateral.toString()) };
  }

  async find(account: AccountId): Promise<MachineRecord | undefined> {
    return (await this.#records([account]))[0];
  }

  async all(): Promise<MachineRecord[]> {
    const members = this.#connection.api.query.drn?.members;
    if (members === undefined) return [];
    const accounts: AccountId[] = [];
    for (let startKey: string | undefined; accounts.length < MOST; ) {
      const options = { args: [], pageSize: PAGE, ...(startKey === undefined ? {} : { startKey }) };
      const keys = await this.#connection.run(WHAT, () => members.keysPaged(options));
      accounts.push(...keys.map((key) => String(key.args[0])));
      if (keys.length < PAGE) break;
      startKey = keys.at(-1)?.toHex();
    }
    const records: MachineRecord[] = [];
    for (let from = 0; from < accounts.length; from += PAGE) {
      records.push(...(await this.#records(accounts.slice(from, from + PAGE))));
    }
    return records.filter(({ machine }) => machine.region === this.#region);
  }

  async isMain(account: AccountId): Promise<boolean> {
    const found = await this.#gatekeepers.find(account);
    return found?.role === 'Main' && found.standing === 'Good' && nameOfBytes.parse(found.region) === this.#region;
  }

  join(signer: HostSigner): Promise<TransactionReceipt> {
    return this.#send(signer, 'join');
  }

  heartbeat(signer: HostSigner, report: Hash): Promise<TransactionReceipt> {
    return this.#send(signer, 'heartbeat', report);
  }

  respond(signer: HostSigner, answer: Hash): Promise<TransactionReceipt> {
    return this.#send(signer, 'respond', answer);
  }

  bindGuard(signer: HostSigner, guard: AccountId): Promise<TransactionReceipt> {
    return this.#send(signer, 'bindGuard', guard);
  }

  async machineOf(guard: AccountId): Promise<AccountId | undefined> {
    const query = this.#connection.api.query.drn?.guards;
    if (query === undefined) return undefined;
    return read(guarded, await this.#connection.run(WHAT, () => query(guard))) ?? undefined;
  }

  async attest(guard: HostSigner, { manifest, intact }: Attestation): Promise<TransactionReceipt> {
    const account = await this.machineOf(guard.address);
    if (account === undefined) throw guardNotBound(guard.address);
    const { api } = this.#connection;
    const header = await this.#connection.run('its newest block', () => api.rpc.chain.getHeader());
    const proof = attestationProof(header.hash.toHex(), account, manifest, intact);
    return this.#send(guard, 'attest', header.number.toNumber(), manifest, intact, proof);
  }

  setManifest(signer: HostSigner, account: AccountId, manifest: Hash): Promise<TransactionReceipt> {
    return this.#send(signer, 'setManifest', account, manifest);
  }

  leave(signer: HostSigner): Promise<TransactionReceipt> {
    return this.#send(signer, 'leave');
  }

  challenge(signer: HostSigner, account: AccountId): Promise<TransactionReceipt> {
    return this.#send(signer, 'challenge', account);
  }

  judge(signer: HostSigner, account: AccountId, right: boolean): Promise<TransactionReceipt> {
    return this.#send(signer, 'judge', account, right);
  }

  report(
    signer: HostSigner,
    account: AccountId,
    fault: Extract<Fault, 'refused' | 'deviates'>,
    evidence: Hash,
  ): Promise<TransactionReceipt> {
    return this.#send(signer, 'report', account, fault === 'refused' ? 'Refused' : 'Deviates', evidence);
  }

  exclude(signer: HostSigner, account: AccountId): Promise<TransactionReceipt> {
    return this.#send(signer, 'exclude', account);
  }

  /** What the chain has of each account that is a member, all as of one block. */
  async #records(accounts: readonly AccountId[]): Promise<MachineRecord[]> {
    const { api } = this.#connection;
    const { members, rulings, challenges, reported: evidence, bonds } = api.query.drn ?? {};
    if (!(members && rulings && challenges && evidence) || accounts.length === 0) return [];
    // Runtimes before 4 have no guards.
    const items = [members, rulings, challenges, evidence, ...(bonds === undefined ? [] : [bonds])];
    const keys = accounts.flatMap((account) => items.map((item): [typeof item, AccountId] => [item, account]));
    const answers = await this.#connection.run(WHAT, () => api.queryMulti(keys));
    return accounts.flatMap((account, index) => {
      const [raw, decided, asked, known, bound] = answers.slice(index * items.length, (index + 1) * items.length);
      const machine = read(member, raw);
      if (machine === null) return [];
      const [last, open] = [read(ruling, decided), read(challenge, asked)];
      const guard = bound === undefined ? null : read(bond, bound);
      return {
        machine: { account, ...machine },
        ...(last === null ? {} : { ruling: last }),
        ...(open === null ? {} : { challenge: open }),
        ...(guard === null ? {} : { guard }),
        reported: read(reported, known),
      };
    });
  }

  async #send(signer: HostSigner, name: string, ...args: unknown[]): Promise<TransactionReceipt> {
    const call = this.#connection.api.tx.drn?.[name];
    if (call === undefined) throw withoutMachines();
    return (await this.#queue.send(signer, async () => call(...args))).receipt;
  }
}

function read<T>(schema: z.ZodType<T>, raw: Codec | undefined): T {
  const parsed = schema.safeParse(raw?.toJSON());
  if (!parsed.success) throw answerInvalid(WHAT, parsed.error);
  return parsed.data;
}

function guardNotBound(guard: AccountId): UserError {
  return new UserError('guard-not-bound', `${guard} guards no machine on this chain.`, {
    nextSteps: ['The machine names its guard itself: `drn.bindGuard`, signed with the key of its gatekeeper.'],
  });
}

function withoutMachines(): UserError {
  return new UserError('chain-without-oversight', 'This chain keeps no rules for lent machines.', {
    nextSteps: ['Ask its founders to upgrade the runtime: `logos chain upgrade`.'],
  });
}
