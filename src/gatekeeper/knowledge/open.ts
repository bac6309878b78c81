import { join } from 'node:path';
import { builtInMetadata, type ContractDirectory, type RegistrySource } from '../../chain/index.ts';
import { systemClock } from '../../system/clock.ts';
import type { Home } from '../../system/home.ts';
import type { GatekeeperLog } from '../log.ts';
import { KnowledgeAgent, type Level } from './agent.ts';
import { type Prove, ProvenDirectory } from './directory.ts';
import { KnowledgeKeeper } from './keeper.ts';
import { KnowledgeStore } from './store.ts';

/** Knowledge of a region's contracts, kept level with the chain while it is open. */
export interface Knowledge {
  readonly agent: KnowledgeAgent;
  /** Where calls go, for the chain's client. */
  readonly directory: ContractDirectory;
  close(): Promise<void>;
}

/** Where it is on disk. */
export function knowledgePath(home: Pick<Home, 'gatekeeper'>): string {
  return join(home.gatekeeper, 'knowledge.sqlite');
}

/**
 * Opens what is known and begins to follow the chain. Where the store can't be opened that is told to the log, and nothing is
 * known: then the chain is asked each time. Several processes may have it open; whoever comes first learns for all.
 */
export function openKnowledge(
  home: Pick<Home, 'gatekeeper'>,
  source: RegistrySource,
  prove: Prove,
  log: GatekeeperLog,
): Knowledge | undefined {
  const { genesis, region } = source;
  let store: KnowledgeStore;
  try {
    store = KnowledgeStore.open(knowledgePath(home), { genesis, region });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log({ level: 'warning', code: 'knowledge-closed', message: `Knowledge of the contracts can't be kept: ${reason}` });
    return undefined;
  }
  const level: Level = { at: undefined };
  const stop = new AbortController();
  const keeper = new KnowledgeKeeper({ source, store, level, clock: systemClock, log });
  const running = keeper.run(stop.signal);
  const agent = new KnowledgeAgent(store, level, builtInMetadata(), () => keeper.doubt());
  return {
    agent,
    directory: new ProvenDirectory(agent, prove),
    close: async () => {
      stop.abort();
      level.at = undefined;
      await running;
      store.close();
    },
  };
}
