import { z } from 'zod';
import { answerInvalid, sectionUnknown } from '../errors.ts';
import type { ContractKind, RegisteredContract } from '../registry-types.ts';
import type { Hash } from '../types.ts';
import type { Connection } from './connection.ts';
import { contractKind, sclRecord, sectionName } from './schemas.ts';

/** The contract that the chain's registry (pallet SCL) names for a section, as of block `at`. */
export async function findContract(
  connection: Connection,
  region: string,
  kind: ContractKind,
  section: string,
  at?: Hash,
): Promise<RegisteredContract | undefined> {
  const raw = await connection.run('its registry of contracts', async () => {
    const contracts = connection.api.query.scl?.contracts;
    if (contracts === undefined) throw answerInvalid('its registry of contracts');
    return at === undefined ? contracts(region, [kind, section]) : contracts.at(at, region, [kind, section]);
  });
  const record = sclRecord.safeParse(raw.toJSON());
  if (!record.success) throw answerInvalid('its registry of contracts', record.error);
  return record.data ?? undefined;
}

/** Like `findContract`; throws UserError `section-unknown` when there is none. */
export async function requireContract(
  connection: Connection,
  region: string,
  kind: ContractKind,
  section: string,
  at?: Hash,
): Promise<RegisteredContract> {
  const found = await findContract(connection, region, kind, section, at);
  if (found === undefined) throw sectionUnknown(section, region);
  return found;
}

const registryName = z.tuple([z.unknown(), z.tuple([contractKind, sectionName])]);
const MAX_SECTIONS = 1_000;

/**
 * Names of a region's registered contracts, as of block `at`: 1,000 at most. A key that is no name is left out: the
 * registry takes none.
 */
export async function listRegistered(
  connection: Connection,
  region: string,
  at?: Hash,
): Promise<{ kind: ContractKind; section: string }[]> {
  const keys = await connection.run('its sections', async () => {
    const { query } = at === undefined ? connection.api : await connection.api.at(at);
    const contracts = query.scl?.contracts;
    if (contracts === undefined) throw answerInvalid('its registry of contracts');
    return contracts.keysPaged({ args: [region], pageSize: MAX_SECTIONS });
  });
  return keys.slice(0, MAX_SECTIONS).flatMap((key) => {
    const name = registryName.safeParse(key.toHuman());
    return name.success ? [{ kind: name.data[1][0], section: name.data[1][1] }] : [];
  });
}

/** Names of a region's registered sections of one kind, sorted. */
export async function listSections(connection: Connection, region: string, kind: ContractKind): Promise<string[]> {
  const all = await listRegistered(connection, region);
  return all
    .filter((one) => one.kind === kind)
    .map(({ section }) => section)
    .sort();
}
