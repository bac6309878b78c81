import { ChainClient } from '../client/chain.ts';
import { Connection } from '../client/connection.ts';
import { Deployer } from '../client/deployer.ts';
import { developmentKey } from '../keys.ts';
import type { Seed, SeedReader } from '../seed.ts';
import type { DevChain } from './chain.ts';
import type { ChainDatabase } from './database.ts';
import { LocalProvider } from './provider.ts';

const TIMEOUT_MS = 120_000;

/**
 * Gives a development chain its contracts and their values: all that is missing in one transaction, so that a process
 * killed at any time leaves a chain that is seeded or one that isn't. Sections that somebody changed since are left alone.
 */
export async function seedChain(chain: DevChain, database: ChainDatabase, seed: Seed, read: SeedReader): Promise<void> {
  const connection = await Connection.over('the embedded chain', new LocalProvider(chain), TIMEOUT_MS);
  try {
    const client = await ChainClient.over(connection, seed.region);
    const deployer = new Deployer(connection, client, await developmentKey('//Alice'), {
      seed,
      read,
      written: (section) => Number(database.note(`seeded:${section}`) ?? 0),
      writing: (section, version) => database.setNote(`seeded:${section}`, String(version)),
    });
    await deployer.run();
  } finally {
    await connection.close();
  }
}
