import type { DomainReference } from './libvirt.ts';
import type { RpcConnection } from './rpc/connection.ts';
import { procedures } from './rpc/protocol.ts';
import { parameterNumbers, type TypedParameter } from './rpc/typed-params.ts';
import { fromWire, toWire } from './wire-domain.ts';

/** libvirt-domain.h: the statistics of the job that ended last, which stay until they are asked for again. */
const STATS_COMPLETED = 1;
/** A copy of disk and memory takes as long as it takes; the caller cancels by `abortJob`. Milliseconds. */
const PERFORM_TIMEOUT_MS = 3_600_000;

/** What the two daemons tell each other through the one who moves a domain. */
export interface MigrationCookie {
  readonly cookie: Uint8Array;
}

/** Migrated data so far, or in all. */
export interface JobStats {
  /** Time that the guest stood still, as QEMU measured it. Milliseconds. */
  readonly downtimeMs?: number;
  readonly totalMs?: number;
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
}

/**
 * The five calls of a migration (protocol version 3 with parameters), of which the client makes each on the right host:
 * begin on the source, prepare on the destination, perform on the source, finish on the destination, confirm on the source.
 */
export class MigrationCalls {
  readonly #rpc: RpcConnection;

  constructor(rpc: RpcConnection) {
    this.#rpc = rpc;
  }

  async begin(
    dom: DomainReference,
    params: TypedParameter[],
    flags: number,
  ): Promise<MigrationCookie & { xml: string }> {
    const { cookieOut, xml } = await this.#rpc.call(procedures.domainMigrateBegin3Params, {
      dom: toWire(dom),
      params,
      flags,
    });
    return { cookie: cookieOut, xml };
  }

  /** From here on the domain is there, waiting for its memory; it ends with this connection. */
  async prepare(params: TypedParameter[], cookieIn: Uint8Array, flags: number): Promise<MigrationCookie> {
    const { cookieOut } = await this.#rpc.call(procedures.domainMigratePrepare3Params, { params, cookieIn, flags });
    return { cookie: cookieOut };
  }

  /** Returns when everything is over there; the guest stands still from then on until it is told which side goes on. */
  async perform(
    dom: DomainReference,
    params: TypedParameter[],
    cookieIn: Uint8Array,
    flags: number,
  ): Promise<MigrationCookie> {
    const args = { dom: toWire(dom), dconnuri: null, params, cookieIn, flags };
    const { cookieOut } = await this.#rpc.call(procedures.domainMigratePerform3Params, args, PERFORM_TIMEOUT_MS);
    return { cookie: cookieOut };
  }

  /** Lets the guest go on at the destination, or ends it there (`cancelled`). */
  async finish(
    params: TypedParameter[],
    cookieIn: Uint8Array,
    flags: number,
    cancelled: boolean,
  ): Promise<MigrationCookie & { domain: DomainReference }> {
    const args = { params, cookieIn, flags, cancelled: cancelled ? 1 : 0 };
    const { cookieOut, dom } = await this.#rpc.call(procedures.domainMigrateFinish3Params, args);
    return { cookie: cookieOut, domain: fromWire(dom) };
  }

  /** Ends the guest at the source, or lets it go on there (`cancelled`). */
  async confirm(
    dom: DomainReference,
    params: TypedParameter[],
    cookieIn: Uint8Array,
    flags: number,
    cancelled: boolean,
  ): Promise<void> {
    const args = { dom: toWire(dom), params, cookieIn, flags, cancelled: cancelled ? 1 : 0 };
    await this.#rpc.call(procedures.domainMigrateConfirm3Params, args);
  }

  /** What the job that ended last did, on either side. */
  async stats(dom: DomainReference): Promise<JobStats> {
    const args = { dom: toWire(dom), flags: STATS_COMPLETED };
    const numbers = parameterNumbers((await this.#rpc.call(procedures.domainGetJobStats, args)).params);
    return {
      downtimeMs: numbers.get('downtime'),
      totalMs: numbers.get('time_elapsed'),
      memoryBytes: numbers.get('memory_processed'),
      diskBytes: numbers.get('disk_processed'),
    };
  }

  /** Stops the migration (or other job) that is under way; the guest stays where it was. */
  async abort(dom: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainAbortJob, { dom: toWire(dom) });
  }
}
