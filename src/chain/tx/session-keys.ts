import { answerInvalid } from '../errors.ts';
import { transactionMaker } from '../governance/propose.ts';
import type { Outcome } from './outcome.ts';
import type { TransactionPlan } from './plan.ts';
import type { SubmitOptions, TransactionSession } from './session.ts';

/** Three signatures of 64 bytes: one by each key. */
const PROOF_BYTES = 192;

/** What registering session keys would cost, before there are any. Throws like `plan`. */
export function planSessionKeys(session: TransactionSession): Promise<TransactionPlan> {
  const make = transactionMaker(session, 'session', 'setKeys');
  const keys = session.api.createType(make.meta.args[0]?.type.toString() ?? '()');
  return session.plan(make(keys.toHex(), `0x${'00'.repeat(PROOF_BYTES)}`));
}

/**
 * Makes the session keys of a node those of the signer's validator, from the session after the next one. Throws like
 * `submit`: the proof has to be that of these keys for this account.
 */
export async function registerSessionKeys(
  session: TransactionSession,
  { keys, proof }: { keys: string; proof?: string },
  options: SubmitOptions,
): Promise<Outcome> {
  const make = transactionMaker(session, 'session', 'setKeys');
  const outcome = await session.submit(make(keys, proof ?? '0x'), options);
  const { api, connection, account } = session;
  const next = await connection.run('its session keys', async () => api.query.session?.nextKeys?.(account));
  if (next?.toHex() !== keys) throw answerInvalid('the session keys of the account');
  return outcome;
}
