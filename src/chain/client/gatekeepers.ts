import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { AccountId, HostSigner } from '../types.ts';
import type { Connection } from './connection.ts';
import type { TransactionQueue } from './transactions.ts';

const record = z
  .object({
    region: z.string().max(130),
    role: z.enum(['Client', 'Main']),
    standing: z.enum(['Good', 'Suspended', 'Excluded']),
  })
  .nullable();

type GatekeeperRecord = NonNullable<z.infer<typeof record>>;

/** The chain's registry of gatekeepers (pallet SCL): who may call contracts. */
export class Gatekeepers {
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #region: string;

  constructor(connection: Connection, queue: TransactionQueue, region: string) {
    this.#connection = connection;
    this.#queue = queue;
    this.#region = region;
  }

  /** What the registry has of an account. */
  async find(account: AccountId): Promise<GatekeeperRecord | undefined> {
    const gatekeepers = this.#connection.api.query.scl?.gatekeepers;
    if (gatekeepers === undefined) return undefined;
    const raw = await this.#connection.run('its registry of gatekeepers', () => gatekeepers(account));
    const parsed = record.safeParse(raw.toJSON());
    if (!parsed.success) throw answerInvalid('its registry of gatekeepers', parsed.error);
    return parsed.data ?? undefined;
  }

  /**
   * Makes the signer a client gatekeeper of the region, with the deposit that the chain holds for it. One that is in the
   * registry stays as it is, and a chain of an older runtime, which has no registry, needs none.
   */
  async register(signer: HostSigner): Promise<void> {
    const register = this.#connection.api.tx.scl?.registerGatekeeper;
    if (register === undefined || (await this.find(signer.address)) !== undefined) return;
    await this.#queue.send(signer, async () => register(this.#region));
  }

  /** Takes the signer off the registry, with its deposit back. Nothing, when it isn't in it. */
  async leave(signer: HostSigner): Promise<void> {
    const leave = this.#connection.api.tx.scl?.leaveGatekeeper;
    if (leave === undefined || (await this.find(signer.address)) === undefined) return;
    await this.#queue.send(signer, async () => leave());
  }
}
