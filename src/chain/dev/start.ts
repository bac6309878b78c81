import { cryptoWaitReady } from '@polkadot/util-crypto';
import { assetText } from '../../system/assets.ts';
import { sha256Hex } from '../../system/canonical.ts';
import { UserError } from '../../system/errors.ts';
import { builtInSeed, readSeedFile, seedFingerprint } from '../seed.ts';
import { DevChain } from './chain.ts';
import { ChainDatabase } from './database.ts';
import { builtInGenesis, builtInSpecification, parseSpecification } from './genesis.ts';
import { listen } from './server.ts';
import { type RuntimeVersions, runtimeVersions, upgradeRuntime } from './upgrade.ts';

/** The note with the specification of the chain that this one is a fork of. */
const FORKED = 'forked';

export interface DevChainOptions {
  /** 0 takes any free port. */
  port: number;
  /** Where the chain keeps its database; made when it is not there. */
  directory: string;
  /** Also build a block whenever there was none for so many milliseconds, so that heights move. */
  blockTimeMs?: number;
  /** Let transactions wait for the block of `blockTimeMs`, as on a real chain, rather than building one at once. */
  timed?: boolean;
  /** WebSocket address of a live chain: begin with its state at its last final block, in an empty directory. */
  fork?: string;
  /** Put the runtime that this program carries in place of an older one. */
  upgrade?: boolean;
  /** Deploy the built-in contracts and values. Default true. */
  seed?: boolean;
}

export interface RunningDevChain {
  url: string;
  /** Where `running` is lower than `builtIn`, the chain was made by an older program and not upgraded. */
  runtime: RuntimeVersions;
  close(): Promise<void>;
}

/** The part of `startDevChain` that loads the executor. */
export async function runDevChain(options: DevChainOptions): Promise<RunningDevChain> {
  const server = await listen(options.port);
  let database: ChainDatabase | undefined;
  try {
    // Without its Wasm the hashing library falls back to JavaScript, which is ten times slower.
    await cryptoWaitReady();
    database = ChainDatabase.open(options.directory);
    await begin(database, options);
    const forked = database.note(FORKED);
    const chain = new DevChain(database, forked === undefined ? builtInSpecification() : parseSpecification(forked));
    let runtime = runtimeVersions(chain);
    if (options.upgrade && runtime.running < runtime.builtIn) {
      await upgradeRuntime(chain);
      runtime = runtimeVersions(chain);
    }
    // What is to be seeded was made for the built-in runtime: one that is older keeps what it has, and so does a fork.
    const seeded = options.seed !== false && forked === undefined && runtime.running >= runtime.builtIn;
    if (seeded) await seedOnce(chain, database);
    chain.timed = options.timed ?? false;
    server.serve(chain);
    const stopTicking = options.blockTimeMs === undefined ? () => {} : tick(chain, options.blockTimeMs);
    const opened = database;
    return {
      url: `ws://127.0.0.1:${server.port}`,
      runtime,
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

/** Gives an empty database its first block: the built-in one, or that of the chain to fork. */
async function begin(database: ChainDatabase, { fork, directory }: DevChainOptions): Promise<void> {
  if (database.head() !== undefined) {
    if (fork === undefined || database.note(FORKED) !== undefined) return;
    throw new UserError('chain-exists', `There is a chain in ${directory} already: a fork needs a new one.`, {
      nextSteps: ['Give the fork a directory of its own with --dir.'],
    });
  }
  if (fork === undefined) {
    const { block, state } = builtInGenesis();
    database.initialize(block, state);
    return;
  }
  const { forkOf } = await import('./fork.ts');
  const { genesis, head, state, specification } = await forkOf(fork);
  database.initialize(genesis, state, head, { [FORKED]: JSON.stringify(specification) });
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
