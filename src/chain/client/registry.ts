import { z } from 'zod';
import { answerInvalid, sectionUnknown } from '../errors.ts';
import type { AccountId, Hash } from '../types.ts';
import type { Connection } from './connection.ts';
import { sclRecord } from './schemas.ts';

export type ContractKind = 'Configuration' | 'Operation' | 'Privacy';

export interface RegisteredContract {
  address: AccountId;
  codeHash: Hash;
  revision: number;
}

/** The contract that the chain's registry (pallet SCL) names for a section, as of block `at`. */
export async function findContract(
  connection: Connection,
  region: string,
  kind: ContractKind,
  section: string,
  at?: Hash,
): Promise<RegisteredContract | undefined> {
  const contracts = connection.api.query.scl?.contracts;
  if (contracts === undefined) throw answerInvalid('its registry of contracts');
  const raw = await connection.run('its registry of contracts', () =>
    at === undefined ? contracts(region, [kind, section]) : contracts.at(at, region, [kind, section]),
  );
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

const registryName = z.tuple([z.unknown(), z.tuple([z.string(), z.string().max(130)])]);
const MAX_SECTIONS = 1_000;

/** Names of a region's registered sections of one kind, sorted. */
export async function listSections(connection: Connection, region: string, kind: ContractKind): Promise<string[]> {
  const contracts = connection.api.query.scl?.contracts;
  if (contracts === undefined) throw answerInvalid('its registry of contracts');
  const keys = await connection.run('its sections', () =>
    contracts.keysPaged({ args: [region], pageSize: MAX_SECTIONS }),
  );
  return keys
    .flatMap((key) => {
      const name = registryName.safeParse(key.toHuman());
      return name.success && name.data[1][0] === kind ? [name.data[1][1]] : [];
    })
    .sort();
}
