import { z } from 'zod';
import type {
  BlockChanges,
  ConfigurationHead,
  ContractFact,
  Hash,
  RegistryFact,
  RegistryState,
} from '../../chain/index.ts';

/** What is kept, by name: a contract by kind and section, a configuration's head by its contract, the runtime. */
export type Facts = Map<string, unknown>;
/** New values by name; `null` takes one away. */
export type FactChanges = Map<string, unknown>;

/** A region of more contracts than this is not kept whole: the chain is asked about the rest. */
export const MAX_CONTRACTS = 1_000;

const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
const block = z.int().min(0).max(0xffffffff);
const contractSchema: z.ZodType<ContractFact> = z.strictObject({
  kind: z.enum(['Configuration', 'Operation', 'Privacy']),
  section: z.string().max(64),
  address: z.string().max(50),
  codeHash: hash,
  revision: z.int().min(1),
  layer: z.int().min(0).max(3),
  since: block,
  runs: hash,
});
const headSchema: z.ZodType<ConfigurationHead> = z.strictObject({ version: z.int().min(0), digest: hash });
const runtimeSchema = z.strictObject({ specVersion: block });

export { contractSchema, hash as hashSchema, headSchema, runtimeSchema };

export const CONTRACTS = 'contract/';
export const RUNTIME = 'runtime';
export const contractName = (kind: string, section: string): string => `${CONTRACTS}${kind}/${section}`;
export const configurationName = (address: string): string => `configuration/${address}`;

/** Everything that a state of the registry says. */
export function factsOf({ contracts, configurations, specVersion }: RegistryState): Facts {
  const facts: Facts = new Map([[RUNTIME, { specVersion }]]);
  for (const contract of contracts.slice(0, MAX_CONTRACTS)) {
    facts.set(contractName(contract.kind, contract.section), contract);
    const head = contract.kind === 'Configuration' ? configurations.get(contract.address) : undefined;
    if (head !== undefined) facts.set(configurationName(contract.address), head);
  }
  return facts;
}

/** What a block changes about contracts and runtime; the heads of `headsToRead` come after it. */
export function learn(
  { facts, specVersion }: BlockChanges,
  known: readonly ContractFact[],
  runtime: unknown,
): FactChanges {
  const before = byName(known);
  const after = new Map(before);
  for (const fact of facts) take(fact, after);
  const changes: FactChanges = new Map();
  for (const [name, contract] of after) if (before.get(name) !== contract) changes.set(name, contract);
  for (const name of before.keys()) if (!after.has(name)) changes.set(name, null);
  // The head of a section goes with the last contract that holds it.
  const left = configurationsIn(after.values());
  for (const address of configurationsIn(known)) if (!left.has(address)) changes.set(configurationName(address), null);
  const { specVersion: last } = (runtime ?? {}) as { specVersion?: unknown };
  if (last !== specVersion) changes.set(RUNTIME, { specVersion });
  return changes;
}

function take(one: RegistryFact, contracts: Map<string, ContractFact>): void {
  const at = (address: string) => [...contracts].filter(([, contract]) => contract.address === address);
  switch (one.fact) {
    case 'registered': {
      const { fact: _, ...contract } = one;
      const name = contractName(contract.kind, contract.section);
      if (contracts.has(name) || contracts.size < MAX_CONTRACTS) {
        contracts.set(name, { ...contract, runs: contract.codeHash });
      }
      break;
    }
    case 'unregistered':
      contracts.delete(contractName(one.kind, one.section));
      break;
    case 'code':
      for (const [name, contract] of at(one.address)) contracts.set(name, { ...contract, runs: one.runs });
      break;
    case 'ended':
      for (const [name] of at(one.address)) contracts.delete(name);
  }
}

/** Contracts whose heads have to be read anew after a block: those that told of something, and those that are new. */
export function headsToRead(
  { touched, facts }: BlockChanges,
  known: readonly ContractFact[],
  changes: FactChanges,
): ReadonlySet<string> {
  const after = new Map<string, unknown>(byName(known));
  for (const [name, value] of changes) if (name.startsWith(CONTRACTS)) after.set(name, value);
  const now = configurationsIn([...after.values()].filter((one) => one !== null) as ContractFact[]);
  const before = configurationsIn(known);
  // One that ended may be at its address again within the block, with nothing configured.
  const ended = facts.flatMap((one) => (one.fact === 'ended' ? [one.address] : []));
  const told = new Set([...touched, ...ended]);
  return new Set([...now].filter((address) => told.has(address) || !before.has(address)));
}

function byName(contracts: readonly ContractFact[]): Map<string, ContractFact> {
  return new Map(contracts.map((contract) => [contractName(contract.kind, contract.section), contract]));
}

function configurationsIn(contracts: Iterable<ContractFact>): Set<string> {
  return new Set([...contracts].filter(({ kind }) => kind === 'Configuration').map(({ address }) => address));
}
