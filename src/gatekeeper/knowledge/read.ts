import { builtInMetadata, type ConfigurationHead, type ContractFact } from '../../chain/index.ts';
import { UserError } from '../../system/errors.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { KnowledgeAgent, type KnownAt } from './agent.ts';
import { contractSchema } from './facts.ts';
import { knowledgePath } from './open.ts';
import { KnowledgeStore } from './store.ts';

/** A contract, with what this program knows of the code that it runs. */
export interface KnownContract extends ContractFact {
  /** Name and version of the code; absent for one that this program does not speak to. */
  code?: { contract: string; version: string };
  /** Of configuration contracts whose head could be read. */
  configuration?: ConfigurationHead;
}

/** All that is known, as the service left it. */
export interface KnowledgeReport {
  genesis: string;
  region: string;
  knownAt: KnownAt;
  /** Height of the last final block at that time. */
  finalized: number;
  /** Since it was level with the chain for the last time that was written down, milliseconds. */
  ageMs: number;
  specVersion?: number;
  contracts: KnownContract[];
}

/**
 * Reads what the service knows, while it works or after. Changes nothing. Throws UserError `knowledge-missing` where there is
 * nothing to read.
 */
export async function readKnowledge(home: Pick<Home, 'gatekeeper'>, now: number): Promise<KnowledgeReport> {
  const path = knowledgePath(home);
  const store = (await isThere(path)) ? readStore(path) : undefined;
  if (store?.cursor === undefined) {
    store?.close();
    throw knowledgeMissing();
  }
  try {
    const { height, hash, time, finalized } = store.cursor;
    const agent = new KnowledgeAgent(store, { at: undefined }, builtInMetadata());
    const contracts = [...store.contracts().values()].map((value): KnownContract => {
      const contract = contractSchema.parse(value);
      const code = agent.metadata(contract.runs);
      const head = contract.kind === 'Configuration' ? agent.configurationOf(contract.address).value : undefined;
      return {
        ...contract,
        ...(code && { code: { contract: code.contract, version: code.version } }),
        ...(head && { configuration: head }),
      };
    });
    const { specVersion } = agent.runtime().value ?? {};
    const ageMs = Math.max(0, now - time);
    const { genesis, region } = store.of;
    return { genesis, region, knownAt: { height, hash, time }, finalized, ageMs, specVersion, contracts };
  } finally {
    store.close();
  }
}

function readStore(path: string): KnowledgeStore | undefined {
  try {
    return KnowledgeStore.read(path);
  } catch (cause) {
    throw new UserError('knowledge-unreadable', `What is known of the contracts can't be read (${path}).`, {
      cause,
      nextSteps: ['Run the command as the user who runs the service, or as root.', 'Start the service: it repairs it.'],
    });
  }
}

function knowledgeMissing(): UserError {
  return new UserError('knowledge-missing', 'Nothing is known of the contracts yet.', {
    nextSteps: ['Start the service, which collects it from the chain: `logos provide`, or `logos service start`.'],
  });
}
