import type { Deployment } from '../contract-types.ts';
import type { DeployOptions } from '../deploy.ts';
import { regionInvalid, signerNeeded } from '../errors.ts';
import { builtInSeed, readSeedFile } from '../seed.ts';
import { openKey } from '../tx/signer.ts';
import { ChainClient } from './chain.ts';
import { Connection } from './connection.ts';
import { Deployer } from './deployer.ts';

const TIMEOUT_MS = 30_000;
const REGION = /^(?=.{1,32}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** The part of `deployContracts` that loads polkadot.js. */
export async function deployTo(url: string, options: DeployOptions): Promise<Deployment> {
  const builtIn = builtInSeed();
  if (options.region !== undefined && !REGION.test(options.region)) throw regionInvalid(options.region);
  const seed = { ...builtIn, region: options.region ?? builtIn.region };
  const connection = await Connection.open(url, options.timeoutMs ?? TIMEOUT_MS);
  try {
    const client = await ChainClient.over(connection, seed.region);
    if (options.key === undefined && !client.identity.development) throw signerNeeded(client.identity.name);
    const signer = await openKey(options.key ?? { from: '//Alice', keys: '' });
    return await new Deployer(connection, client, signer, { seed, read: readSeedFile }).run();
  } finally {
    await connection.close();
  }
}
