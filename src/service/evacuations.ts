import type { AccountId, ChainHead, ConnectedChain, HostSigner, MachineRecord } from '../chain/index.ts';
import { type Evacuated, evacuate, type GatekeeperLog, type Sizes } from '../gatekeeper/index.ts';
import { toLogosError } from '../system/errors.ts';

export interface EvacuationsOptions {
  readonly connection: ConnectedChain;
  readonly signer: HostSigner;
  sizes(): Promise<Sizes>;
  readonly log: GatekeeperLog;
}

/**
 * Moves the guests of excluded machines, from the block on in which the exclusion is final, until each was started elsewhere.
 * Nothing is kept here that a later run would miss: it is all on chain. Never throws.
 */
export class Evacuations {
  readonly #options: EvacuationsOptions;
  /** Seen in a block that is not final yet. */
  readonly #announced = new Set<AccountId>();
  /** Not all of whose guests are at work elsewhere. */
  readonly #open = new Set<AccountId>();
  /** Some of whose guests find no place: looked at again with the region, and not in every block. */
  readonly #stuck = new Set<AccountId>();
  readonly #over = new Set<AccountId>();
  readonly #told = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(options: EvacuationsOptions) {
    this.#options = options;
  }

  /** Goes on with every new block, which may make an exclusion final or be the one in which a guest was started. */
  async follow(head: ChainHead): Promise<void> {
    const { connection } = this.#options;
    try {
      for (const account of await connection.excludedIn(head.hash)) this.#announced.add(account);
      for (const account of [...this.#announced]) {
        const record = await connection.machines.find(account);
        if (!this.#heed(record, head) && record?.ruling?.decision === 'excluded') continue;
        // It is final, or its block is on a fork that lost.
        this.#announced.delete(account);
      }
    } catch {
      // The next regular look finds them.
    }
    await this.#carryOn();
  }

  /** Finds what no block was seen of. */
  async look(records: readonly MachineRecord[]): Promise<void> {
    const head = await this.#options.connection.head().catch(() => undefined);
    this.#stuck.clear();
    if (head !== undefined) for (const record of records) this.#heed(record, head);
    await this.#carryOn();
  }

  /** Gives whether it is an exclusion that nothing takes back any more. A development chain makes nothing final. */
  #heed(record: MachineRecord | undefined, { height, finalized }: Pick<ChainHead, 'height' | 'finalized'>): boolean {
    const { machine, ruling } = record ?? {};
    if (machine?.state !== 'excluded') return false;
    if (ruling !== undefined && ruling.at > (finalized > 0 ? finalized : height)) return false;
    if (!this.#over.has(machine.account)) this.#open.add(machine.account);
    return true;
  }

  /** One pass at a time; blocks that come meanwhile are no reason for another. */
  #carryOn(): Promise<void> {
    if (this.#busy || this.#open.size === 0) return this.#turn;
    this.#busy = true;
    this.#turn = this.#pass().finally(() => {
      this.#busy = false;
    });
    return this.#turn;
  }

  async #pass(): Promise<void> {
    const { connection, signer, sizes } = this.#options;
    for (const account of [...this.#open].filter((one) => !this.#stuck.has(one))) {
      try {
        const guests = await evacuate(connection, signer, account, await sizes());
        for (const guest of guests) this.#tell(account, guest);
        if (guests.some(({ is }) => is === 'failed')) this.#stuck.add(account);
        if (!guests.every(({ is }) => is === 'over')) continue;
        this.#open.delete(account);
        this.#over.add(account);
      } catch (thrown) {
        this.#stuck.add(account);
        const { code, message } = toLogosError(thrown);
        this.#say(account, code, `The guests of ${account}, which was excluded, were not moved: ${message}`);
      }
    }
  }

  #tell(account: AccountId, one: Evacuated): void {
    // What was over before this run is no news.
    if (one.is === 'over' && !this.#told.has(`${account} ${one.guest}`)) return;
    const what = {
      asked: 'starts on',
      starting: 'starts on',
      over: 'was started on',
      failed: 'finds no place',
    }[one.is];
    const where = 'to' in one ? ` ${one.to} (operation ${one.operation})` : `: ${one.why}`;
    const message = `${one.guest} of ${account}, which was excluded, ${what}${where}.`;
    this.#say(`${account} ${one.guest}`, 'guest-evacuated', message);
  }

  #say(about: string, code: string, message: string): void {
    if (this.#told.get(about) === message) return;
    this.#told.set(about, message);
    this.#options.log({ level: 'warning', code, message });
  }
}
