import type { LightClient, LightClientOptions } from './client.ts';
import type { LightServer } from './server.ts';

export type { LightClient } from './client.ts';
export type { LightServer } from './server.ts';
export { lightSpec } from './spec.ts';

/** Starts a light client in this process. Throws UserError `light-spec-invalid`. */
export async function openLightClient(options: LightClientOptions): Promise<LightClient> {
  const { startLightClient } = await import('./client.ts');
  return startLightClient(options);
}

/** Serves a light client to others on this machine; `port` 0 takes any free one. */
export async function serveLight(client: LightClient, port: number): Promise<LightServer> {
  const { serveLightClient } = await import('./server.ts');
  return serveLightClient(client, port);
}
