import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';

/** Guests that were started here and not ended since: the journal knows each by its UUID from before it was started. Throws when the journal can't be read. */
export async function guestUuids(home: Home): Promise<string[]> {
  const domains = (await new Journal(home.journal).pending()).filter(({ kind }) => kind === 'domain');
  return domains.flatMap(({ before }) => uuidIn(before));
}

function uuidIn(before: unknown): string[] {
  const uuid = typeof before === 'object' && before !== null && 'uuid' in before ? before.uuid : undefined;
  return typeof uuid === 'string' ? [uuid] : [];
}
