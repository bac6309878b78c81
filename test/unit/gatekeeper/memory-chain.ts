import type {
  Admission,
  ConfigurationSnapshot,
  Hash,
  LogosChain,
  Member,
  Operation,
  OperationKind,
  OperationOutcome,
  TransactionReceipt,
} from '../../../src/chain/index.ts';
import { canonicalJson, sha256Hex } from '../../../src/system/canonical.ts';
import { ChainError, ExternalError } from '../../../src/system/errors.ts';

/** Accounts of the well-known development keys //Alice and //Bob. */
export const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
export const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';

interface Entry {
  operation: Operation;
  outcome?: OperationOutcome;
}

/** The operation contract's rules (contracts/operation) in memory: one block a transaction. */
export class MemoryChain implements LogosChain {
  readonly identity = {
    name: 'Memory',
    genesis: `0x${'11'.repeat(32)}` as Hash,
    specName: 'logos',
    specVersion: 1,
    development: true,
  };
  height = 1;
  offline = false;
  admissionTemplate: string | undefined;
  readonly transactions: string[] = [];
  readonly members = new Map<string, Member>();
  readonly entries = new Map<bigint, Entry>();
  readonly values = new Map<string, Uint8Array>();
  readonly #admissions = new Map<string, Admission>();
  readonly #requests = new Map<string, bigint>();
  readonly #listeners = new Set<() => void>();
  readonly #caller: string;

  constructor(caller: string = BOB) {
    this.#caller = caller;
  }

  /** Makes an empty block. */
  tick(blocks = 1): void {
    this.height += blocks;
    for (const listener of this.#listeners) listener();
  }

  async head() {
    this.#reach();
    return { height: this.height, hash: this.#hash(), finalized: this.height };
  }

  onHead(listener: Parameters<LogosChain['onHead']>[0]): () => void {
    const call = (): void => listener({ height: this.height, hash: this.#hash(), finalized: this.height });
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  async configuration(section: string): Promise<ConfigurationSnapshot> {
    this.#reach();
    const entries = [...this.values].map(([key, bytes]) => {
      const value = { kind: 'inline' as const, bytes };
      return [key, { key, value, mediaType: 'application/json', version: 1 }] as const;
    });
    return { section, version: 1, digest: this.#hash(), entries: new Map(entries) };
  }

  async sections() {
    return ['network-section-1'];
  }

  async member(account: string) {
    this.#reach();
    return structuredClone(this.members.get(account));
  }

  async openOperations(host: string) {
    this.#reach();
    const open = ['requested', 'approved', 'claimed'];
    return [...this.entries.values()]
      .map(({ operation }) => structuredClone(operation))
      .filter((operation) => operation.host === host && open.includes(operation.state));
  }

  async operation(id: bigint) {
    this.#reach();
    return structuredClone(this.entries.get(id)?.operation);
  }

  async balance() {
    return 0n;
  }

  async fund() {
    return this.#block('fund');
  }

  async admit(_signer: unknown, requestId: string, admission: Admission) {
    this.#reach();
    const member = this.members.get(this.#caller);
    if (member?.standing === 'excluded') throw refused('Excluded');
    const answered = this.#admissions.get(requestId);
    if (answered !== undefined) {
      if (canonicalJson({ ...answered }) !== canonicalJson({ ...admission })) throw refused('RequestConflict');
      return this.#block('admit again');
    }
    const since = member?.standing === 'admitted' ? member.since : this.height;
    this.members.set(this.#caller, { standing: 'admitted', admission: structuredClone(admission), since });
    this.#admissions.set(requestId, structuredClone(admission));
    if (this.admissionTemplate !== undefined) {
      this.ask({ kind: 'start-dvm', name: 'admission-8eaf0415', template: this.admissionTemplate }, 1_200);
    }
    return this.#block('admit');
  }

  async leave() {
    this.#reach();
    const member = this.members.get(this.#caller);
    if (member === undefined) throw refused('NotAMember');
    if (member.standing === 'excluded') throw refused('Excluded');
    member.standing = 'left';
    return this.#block('leave');
  }

  async request(_signer: unknown, requestId: string, host: string, kind: OperationKind, deadlineBlocks: number) {
    this.#reach();
    const id = this.#requests.get(requestId) ?? this.ask(kind, deadlineBlocks, host);
    this.#requests.set(requestId, id);
    return { id, ...this.#block('request') };
  }

  async claim(_signer: unknown, id: bigint) {
    this.#reach();
    const { operation } = this.#own(id);
    if (this.members.get(this.#caller)?.standing !== 'admitted') throw refused('NotAdmitted');
    if (operation.state === 'claimed') return this.#block('claim again');
    if (operation.state !== 'approved') throw refused('WrongState');
    if (this.height >= operation.deadline) throw refused('DeadlinePassed');
    operation.state = 'claimed';
    return this.#block('claim');
  }

  async complete(_signer: unknown, id: bigint, outcome: OperationOutcome) {
    this.#reach();
    const entry = this.#own(id);
    if (entry.outcome !== undefined && canonicalJson({ ...entry.outcome }) === canonicalJson({ ...outcome })) {
      return this.#block('complete again');
    }
    if (entry.operation.state !== 'claimed') throw refused('WrongState');
    if ('failed' in outcome && Buffer.byteLength(outcome.failed) > 256) throw refused('InvalidReason');
    entry.outcome = structuredClone(outcome);
    entry.operation.state = 'done' in outcome ? 'done' : 'failed';
    return this.#block('complete');
  }

  async close() {}

  /** What an operator does. */
  ask(kind: OperationKind, deadlineBlocks = 100, host = this.#caller): bigint {
    const id = BigInt(this.entries.size + 1);
    const deadline = this.height + deadlineBlocks;
    const operation: Operation = { id, host, kind, state: 'approved', requestedAt: this.height, deadline };
    this.entries.set(id, { operation });
    return id;
  }

  expire(id: bigint): void {
    const { operation } = this.#own(id);
    this.height = Math.max(this.height, operation.deadline);
    operation.state = 'expired';
  }

  state(id: bigint): string | undefined {
    return this.entries.get(id)?.operation.state;
  }

  outcome(id: bigint): OperationOutcome | undefined {
    return this.entries.get(id)?.outcome;
  }

  #own(id: bigint): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw refused('OperationNotFound');
    if (entry.operation.host !== this.#caller) throw refused('NotYourOperation');
    return entry;
  }

  #reach(): void {
    if (this.offline) throw new ExternalError('chain-unreachable', 'The connection is closed.');
  }

  #block(what: string): TransactionReceipt {
    this.transactions.push(what);
    this.tick();
    return { transaction: this.#hash(), block: this.#hash(), height: this.height };
  }

  #hash(): Hash {
    return `0x${sha256Hex(String(this.height))}`;
  }
}

function refused(variant: string): ChainError {
  return new ChainError('contract-refused', `The contract refused: ${variant}.`, { module: 'operation', variant });
}
