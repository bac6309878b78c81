import { assetText } from '../../system/assets.ts';
import { sha256Hex } from '../../system/canonical.ts';
import { builtInSeed, readSeedFile, seedFingerprint } from '../seed.ts';
import { DevChain } from './chain.ts';
import { ChainDatabase } from './database.ts';
import { execute } from './executor.ts';
import { builtInGenesis, builtInSpecification } from './genesis.ts';
import { listen } from './server.ts';

export interface DevChainOptions {
  /** 0 takes any free port. */
  port: number;
  /** Where the chain keeps its database; made when it is not there. */
  directory: string;
  /** Also build a block whenever there was none for so many milliseconds, so that heights move. */
  blockTimeMs?: number;
  /** Deploy the built-in contracts and values. Default true. */
  seed?: boolean;
}

export interface RunningDevChain {
  url: string;
  close(): Promise<void>;
}

/** The part of `startDevChain` that loads the executor. */
export async function runDevChain(options: DevChainOptions): Promise<RunningDevChain> {
  const server = await listen(options.port);
  let database: ChainDatabase | undefined;
  try {
    database = ChainDatabase.open(options.directory);
    if (database.head() === undefined) {
      const { block, state } = await builtInGenesis();
      database.initialize(block, state);
    }
    const chain = new DevChain(database, builtInSpecification(), execute);
    if (options.seed !== false) await seedOnce(chain, database);
    server.serve(chain);
    const stopTicking = options.blockTimeMs === undefined ? () => {} : tick(chain, options.blockTimeMs);
    const opened = database;
    return {
      url: `ws://127.0.0.1:${server.port}`,
      close: async () => {
        stopTicking();
        await server.close();
        await chain.settled();
        opened.close();
      },
    };
  } catch (error) {
    await server.close();
    database?.close();
    throw error;
  }
}

/** Seeds the chain unless it has just this seed already, which is known without loading polkadot.js. */
async function seedOnce(chain: DevChain, database: ChainDatabase): Promise<void> {
  const seed = builtInSeed();
  const contracts = assetText('contracts/artifacts/manifest.json');
  const fingerprint = sha256Hex(`${seedFingerprint(seed, readSeedFile)}${contracts}`);
  if (database.note('seeded') === fingerprint) return;
  const { seedChain } = await import('./seeding.ts');
  await seedChain(chain, database, seed, readSeedFile);
  database.setNote('seeded', fingerprint);
}

/** Builds a block whenever none came for `milliseconds`. */
function tick(chain: DevChain, milliseconds: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wind = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A block that can't be built (disk full) is tried again with the next tick.
      chain.build().catch(() => wind());
    }, milliseconds);
  };
  chain.on('head', wind);
  wind();
  return () => {
    chain.off('head', wind);
    clearTimeout(timer);
  };
}
