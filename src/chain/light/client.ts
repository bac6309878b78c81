import { readIfPresent, writeFileAtomic } from '../../system/files.ts';
import { lightClientFailed, lightSpecInvalid } from './errors.ts';
import { type JsonRpcChain, LightProvider } from './provider.ts';
import type { LightSpec } from './spec.ts';

export interface LightClientOptions {
  readonly spec: LightSpec;
  /** File that keeps how far the client has verified, so that the next start is a quick one. */
  readonly store?: string;
  /** Share of one core, 0 to 1. Default 0.5. */
  readonly cpu?: number;
  /** Told what the client does; `level` 1 is an error, 2 a warning, 3 what is worth knowing. */
  readonly log?: (level: number, message: string) => void;
}

/** A light client that follows one chain: it verifies finality and every value itself, and believes no node. */
export interface LightClient {
  /** A connection of its own to the client, for polkadot.js; close it with `disconnect`. */
  open(): Promise<LightProvider>;
  /** The same as plain JSON-RPC; end it with `remove`. */
  connect(): Promise<JsonRpcChain>;
  /** Keeps what was verified, and ends the client. */
  close(): Promise<void>;
}

/** Bytes of the database at most: the rest is left out, oldest first. */
const MAX_STORE_BYTES = 2 * 1024 * 1024;
const LEVEL_INFO = 3;

/**
 * Starts a light client (smoldot) in this process. It finds its peers from the specification's boot nodes, over
 * WebSocket or TCP. Throws UserError `light-spec-invalid`.
 */
export async function startLightClient(options: LightClientOptions): Promise<LightClient> {
  const { spec, store, cpu = 0.5, log } = options;
  const { start } = await import('smoldot');
  const client = start({
    cpuRateLimit: cpu,
    maxLogLevel: log === undefined ? 0 : LEVEL_INFO,
    logCallback: (level, _target, text) => log?.(level, text),
  });
  const databaseContent = store === undefined ? undefined : await readIfPresent(store);
  const add = () =>
    client.addChain({
      chainSpec: spec.json,
      databaseContent,
      jsonRpcMaxPendingRequests: 1_024,
      jsonRpcMaxSubscriptions: 256,
    });
  // One connection is the client's own: the chain is followed while nobody else is connected.
  const own = await add().then(
    (chain) => new LightProvider(chain),
    async (cause: Error) => {
      await client.terminate();
      throw lightSpecInvalid(cause.message, cause);
    },
  );
  const connect = async (): Promise<JsonRpcChain> => {
    try {
      return await add();
    } catch (cause) {
      throw lightClientFailed((cause as Error).message, cause);
    }
  };
  return {
    connect,
    open: async () => new LightProvider(await connect()),
    close: async () => {
      if (store !== undefined) await keep(own, store);
      await own.disconnect();
      await client.terminate();
    },
  };
}

/** A client that has verified nothing yet has nothing to keep. */
async function keep(provider: LightProvider, store: string): Promise<void> {
  const content = await provider
    .send<unknown>('chainHead_unstable_finalizedDatabase', [MAX_STORE_BYTES])
    .catch(() => undefined);
  if (typeof content === 'string' && content !== '') await writeFileAtomic(store, content);
}
