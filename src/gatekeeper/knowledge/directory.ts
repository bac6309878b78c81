import type { ContractDirectory, ContractKind, RegisteredContract, RememberedContract } from '../../chain/index.ts';
import type { KnowledgeAgent } from './agent.ts';

/** For how long a proof holds that a contract is the one of its section, milliseconds; after it, it is proven again. */
export const PROVEN_MS = 60_000;

/** Reads the registry with proof against a final block; `undefined` where it is proven to name no contract. */
export type Prove = (kind: ContractKind, section: string) => Promise<RegisteredContract | undefined>;

/**
 * Where calls go: what the agent knows, as long as the registry was proven to say the same within the last minute. What the
 * agent knows comes from events that a node told, and no node is to choose where this host's calls go.
 */
export class ProvenDirectory implements ContractDirectory {
  readonly #agent: KnowledgeAgent;
  readonly #prove: Prove;
  readonly #proven = new Map<string, { contract: RegisteredContract; at: number }>();

  constructor(agent: KnowledgeAgent, prove: Prove) {
    this.#agent = agent;
    this.#prove = prove;
  }

  find(kind: ContractKind, section: string): RememberedContract | undefined {
    const found = this.#agent.find(kind, section);
    const proven = this.#proven.get(`${kind} ${section}`);
    if (found === undefined || proven === undefined || performance.now() - proven.at > PROVEN_MS) return undefined;
    const { address, revision } = proven.contract;
    return found.address === address && found.revision === revision ? found : undefined;
  }

  async look(kind: ContractKind, section: string): Promise<RegisteredContract | undefined> {
    const at = performance.now();
    const contract = await this.#prove(kind, section);
    if (contract !== undefined) this.#proven.set(`${kind} ${section}`, { contract, at });
    return contract;
  }

  doubt(): void {
    this.#proven.clear();
    this.#agent.doubt();
  }
}
