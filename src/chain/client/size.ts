import type { ApiPromise } from '@polkadot/api';
import { z } from 'zod';
import { answerInvalid, transactionTooLarge } from '../errors.ts';

const blockLength = z.looseObject({ max: z.looseObject({ normal: z.int().positive() }) });

/** Refuses what no block has room for, before it is sent. Throws UserError `transaction-too-large`. */
export function requireRoom(api: ApiPromise, bytes: number): void {
  const parsed = blockLength.safeParse(api.consts.system?.blockLength?.toJSON());
  if (!parsed.success) throw answerInvalid('the size of its blocks', parsed.error);
  const { normal } = parsed.data.max;
  if (bytes > normal) throw transactionTooLarge(bytes, normal);
}
