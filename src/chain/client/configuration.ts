import { u8aToHex } from '@polkadot/util';
import type { ConfigurationChange } from '../contract-types.ts';
import { answerInvalid } from '../errors.ts';
import type { ConfigurationEntry, ConfigurationSnapshot, ConfigurationValue, Hash } from '../types.ts';
import type { Connection } from './connection.ts';
import type { Contract } from './contract.ts';
import { bytes32, NOBODY } from './region-contract.ts';
import { requireContract } from './registry.ts';
import { entries, entryOf, keyPage, sectionHead } from './schemas.ts';

const PAGE = 256;
const MAX_KEYS = 1_024;
/** Reads all of a section at block `at`, so that head, keys and values belong together. */
export async function readConfiguration(
  connection: Connection,
  contract: Contract,
  region: string,
  section: string,
  at: Hash,
): Promise<ConfigurationSnapshot> {
  const { address } = await requireContract(connection, region, 'Configuration', section, at);
  const ask = <T>(message: string, args: readonly unknown[], parser: { parse(data: unknown): T }): Promise<T> =>
    connection.run(section, async () => {
      const call = { origin: NOBODY, contract: address, message, args };
      return (await contract.dryRun(connection.api, call, at, parser)).value;
    });

  const head = await ask('head', [], sectionHead);
  const keys: string[] = [];
  while (keys.length < MAX_KEYS) {
    const page = await ask('keys', [keys.length, PAGE], keyPage);
    keys.push(...page);
    if (page.length < PAGE) break;
  }
  const found = new Map<string, ConfigurationEntry>();
  // An answer that would be too large ends early: what is left is asked for again.
  for (let from = 0; from < keys.length; ) {
    const wanted = keys.slice(from, from + PAGE);
    const answer = await ask('get_many', [wanted], entries);
    if (answer.length === 0 || answer.length > wanted.length) throw answerInvalid(section);
    for (const [index, entry] of answer.entries()) {
      const key = wanted[index];
      if (key === undefined || entry === null) throw answerInvalid(section);
      found.set(key, entryOf(key, entry));
    }
    from += answer.length;
  }
  return { section, version: head.version, digest: head.digest, entries: found };
}

/** A change as the contract takes it. */
export function writtenChange(change: ConfigurationChange): unknown {
  const { key } = change;
  if ('remove' in change) return { Remove: { key } };
  return { Set: { key, value: writtenValue(change.value), media_type: change.mediaType } };
}

/** A value as the contract takes it. */
function writtenValue(value: ConfigurationValue): unknown {
  if (value.kind === 'inline') return { Inline: u8aToHex(value.bytes) };
  return { Artifact: { digest: bytes32(value.digest), size: value.size } };
}
