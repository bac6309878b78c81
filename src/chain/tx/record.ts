import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Hex } from '../../system/canonical.ts';
import { UserError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import { type KernelLock, tryKernelLock } from '../../system/kernel-lock.ts';
import type { Hash } from '../types.ts';

const hex = z.custom<Hash>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/.test(value));
const schema = z.strictObject({
  version: z.literal(1),
  /** For people. */
  call: z.string(),
  /** Who signed. */
  account: z.string(),
  extrinsic: hex,
  hash: hex,
  nonce: z.number().int().nonnegative(),
  /** It is valid in the blocks after this one, … */
  birth: z.number().int().nonnegative(),
  /** … as many as this. */
  period: z.number().int().positive(),
});

/** A transaction that was signed and may have been sent. */
export type SentTransaction = z.infer<typeof schema>;

/**
 * Remembers a transaction from before it is sent until its outcome was told, so that a run that was cut off is taken up
 * by the next one instead of doing everything twice.
 */
export class TransactionRecord {
  readonly #path: string;
  readonly #lock: KernelLock;

  private constructor(path: string, lock: KernelLock) {
    this.#path = path;
    this.#lock = lock;
  }

  /** The record of one call, by one account, on one chain. Throws UserError `busy` when another process is at it. */
  static async open(directory: string, genesis: string, account: string, call: Uint8Array): Promise<TransactionRecord> {
    const name = sha256Hex(`${genesis} ${account} ${sha256Hex(call)}`);
    const lock = await tryKernelLock(join(directory, `${name}.lock`));
    if (lock === undefined) {
      throw new UserError('busy', 'Another process of logos is sending this same transaction.', {
        nextSteps: ['Wait for it to end; run the command again if the transaction is wanted twice.'],
      });
    }
    return new TransactionRecord(join(directory, `${name}.json`), lock);
  }

  read(): Promise<SentTransaction | undefined> {
    return readJson(this.#path, schema);
  }

  write(sent: SentTransaction): Promise<void> {
    return writeJson(this.#path, sent);
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  close(): void {
    this.#lock.release();
  }
}
