import type { ArtifactStore, ConnectedChain, LogosChain } from '../chain/index.ts';
import {
  deploymentValidator,
  dvciValidator,
  parseDvciRules,
  parseGatekeeperDefinition,
  parseW3biRules,
  type Validators,
  w3biValidator,
} from '../gatekeeper/index.ts';
import { chainLibraries } from './libraries.ts';
import { configuredBytes } from './values.ts';

/** Where the chain keeps the validators' rules. */
const SECTION = 'network-section-1';

/**
 * The validators of a host's gatekeeper, by the rules that the chain has now. W3bI's needs a connection that speaks with the lease
 * contract; without one, customers' requests are refused. `payer`: this gatekeeper's account.
 */
export function chainValidators(
  chain: LogosChain & Partial<Pick<ConnectedChain, 'deployment' | 'leases'>>,
  artifacts: ArtifactStore,
  payer: string,
): Validators {
  const dvci = dvciValidator(chainRules(chain, artifacts, 'dvci-rules', parseDvciRules));
  const deployment = deployments(chain, artifacts, payer);
  const { leases } = chain;
  if (leases === undefined) return { dvci, deployment };
  const facts = {
    price: (name: string) => leases.price(name),
    lease: (id: bigint) => leases.lease(id),
    balance: () => chain.balance(payer),
  };
  const rules = chainRules(chain, artifacts, 'w3bi-rules', parseW3biRules);
  return { dvci, deployment, w3bi: w3biValidator({ rules, facts, payer }) };
}

/** That of deployments; `undefined` for a connection that does not speak with their contract. */
function deployments(
  chain: LogosChain & Partial<Pick<ConnectedChain, 'deployment'>>,
  artifacts: ArtifactStore,
  account: string,
): Validators['deployment'] {
  const { deployment } = chain;
  if (deployment === undefined) return undefined;
  const definition = chainRules(chain, artifacts, 'client-gatekeeper', parseGatekeeperDefinition);
  const accepted = async () => (await definition()).operations.commands;
  const dvci = chainRules(chain, artifacts, 'dvci-rules', parseDvciRules);
  return deploymentValidator({
    dvci,
    deployment,
    artifacts,
    libraries: chainLibraries(chain, artifacts),
    accepted,
    account,
  });
}

/** Rules read anew each time, and parsed when they changed. Throws what the chain and the artefact store throw. */
export function chainRules<T>(
  chain: Pick<LogosChain, 'configuration'>,
  artifacts: ArtifactStore,
  key: string,
  parse: (bytes: Uint8Array) => T,
): () => Promise<T> {
  let last: { version: number; rules: T } | undefined;
  return async () => {
    const section = await chain.configuration(SECTION);
    const version = section.entries.get(key)?.version;
    if (last !== undefined && version === last.version) return last.rules;
    const rules = parse(await configuredBytes(section, key, artifacts));
    last = { version: version ?? 0, rules };
    return rules;
  };
}
