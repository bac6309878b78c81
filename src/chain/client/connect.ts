import type { ConnectedChain } from '../contract-types.ts';
import { ChainClient } from './chain.ts';
import { Connection } from './connection.ts';

/** The part of `connectChain` that loads polkadot.js, so that only those who connect pay for it. */
export async function openChain(url: string, region: string, timeoutMs: number): Promise<ConnectedChain> {
  const connection = await Connection.open(url, timeoutMs, { followRuntime: true });
  try {
    return await ChainClient.over(connection, region);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
