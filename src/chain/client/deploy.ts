import type { Deployment } from '../contract-types.ts';
import type { DeployOptions, ReferendumOptions } from '../deploy.ts';
import { regionInvalid, signerNeeded } from '../errors.ts';
import { type Proposed, proposeReferendum } from '../governance/propose.ts';
import { builtInSeed, readSeedFile } from '../seed.ts';
import { TransactionSession } from '../tx/session.ts';
import { type KeyPlace, openKey } from '../tx/signer.ts';
import type { Hash } from '../types.ts';
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
    const key = options.key ?? { from: '//Alice', keys: '' };
    const { referendum } = options;
    const deployer = { seed, read: readSeedFile, leaveRegistrations: referendum !== undefined };
    const deployment = await new Deployer(connection, client, await openKey(key), deployer).run();
    if (referendum === undefined || deployment.registration === undefined) return deployment;
    return { ...deployment, ...(await putToVote(url, key, deployment.registration, referendum, options.timeoutMs)) };
  } finally {
    await connection.close();
  }
}

/** Rules of the infrastructure have a track of their own, which can do nothing else. */
const ORIGIN = { Origins: 'NetworkPolicy' };

async function putToVote(
  url: string,
  key: KeyPlace,
  registration: Hash,
  options: ReferendumOptions,
  timeoutMs = TIMEOUT_MS,
): Promise<Proposed> {
  const session = await TransactionSession.open(url, key, options.records, timeoutMs);
  try {
    const { api } = session;
    const call = api.tx(api.registry.createType('Call', registration));
    return await proposeReferendum(session, { call, origin: ORIGIN }, options);
  } finally {
    await session.close();
  }
}
