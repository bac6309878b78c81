import type { EventRecord } from '@polkadot/types/interfaces';
import { answerInvalid } from '../errors.ts';
import type { AccountId, Hash } from '../types.ts';
import type { Connection } from './connection.ts';
import { accountId } from './schemas.ts';

/** The machines that the chain excluded in a block (pallet DRN). Throws as the connection does, `chain-answer-invalid`. */
export async function excludedIn(connection: Connection, block: Hash): Promise<AccountId[]> {
  const { api } = connection;
  const query = api.query.system?.events;
  if (query === undefined) throw answerInvalid('its events');
  const records = await connection.run('what happened in a block', () => query.at(block));
  return [...(records as unknown as Iterable<EventRecord>)].flatMap(({ event }) => {
    if (event.section !== 'drn' || event.method !== 'Excluded') return [];
    const account = accountId.safeParse(event.data[0]?.toJSON());
    if (!account.success) throw answerInvalid('its events', account.error);
    return [account.data];
  });
}
