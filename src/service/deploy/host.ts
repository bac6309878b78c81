import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ArtifactStore, ConnectedChain, HostSigner, LogosChain } from '../../chain/index.ts';
import { publicKeyOf } from '../../chain/index.ts';
import {
  type ClientGatekeeper,
  type DeploymentPass,
  findProgram,
  type GatekeeperDefinition,
  type GatekeeperLog,
  type HostDeploymentOptions,
  hostDeployments,
  type LibrarySet,
  openDeploymentRecords,
  type PassOptions,
  parseDvciRules,
} from '../../gatekeeper/index.ts';
import { systemClock } from '../../system/clock.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { chainRules } from '../validators.ts';

/** Where a host keeps what it did for its targets. */
export function deploymentDirectory(home: Home): string {
  return join(home.gatekeeper, 'deployments');
}

/** What applies deployments on this host. */
export interface HostDeployer {
  /** One look at the chain, with all that follows from it. */
  pass(options?: PassOptions): Promise<DeploymentPass>;
  /** Looks again and again until `signal` is aborted. Never throws: a look that failed is logged. */
  run(signal: AbortSignal): Promise<void>;
}

export interface HostDeployerOptions extends Pick<HostDeploymentOptions, 'tools' | 'driftMs'> {
  readonly home: Home;
  readonly chain: LogosChain & Partial<Pick<ConnectedChain, 'deployment'>>;
  readonly signer: HostSigner;
  readonly artifacts: ArtifactStore;
  libraries(): Promise<LibrarySet>;
  readonly definition: GatekeeperDefinition;
  readonly gatekeeper: Pick<ClientGatekeeper, 'handle' | 'request'>;
  readonly log: GatekeeperLog;
  find?(tool: string): Promise<string>;
}

/** The deployer of a host that joined; `undefined` for a chain without the deployment contract. */
export async function hostDeployer(options: HostDeployerOptions): Promise<HostDeployer | undefined> {
  const { home, chain, signer, definition, gatekeeper, log, find = findProgram } = options;
  const { deployment } = chain;
  if (deployment === undefined) return undefined;
  const pass = hostDeployments({
    ...options,
    find,
    dvci: chainRules(chain, options.artifacts, 'dvci-rules', parseDvciRules),
    chain: { identity: chain.identity, member: (account) => chain.member(account), deployment },
    account: signer.address,
    publicKey: publicKeyOf(signer.address),
    accepted: definition.operations.commands,
    records: await openDeploymentRecords(deploymentDirectory(home)),
    clock: systemClock,
    report: (id, outcome, height) => {
      const payload = { proposal: `${id}`, outcome };
      const origin = { source: 'chain', height } as const;
      return gatekeeper.handle(gatekeeper.request({ kind: 'report-deployment', payload, origin, nonce: randomUUID() }));
    },
  });
  return { pass, run: (signal) => repeat(pass, definition.poll.intervalMs, log, signal) };
}

async function repeat(
  pass: HostDeployer['pass'],
  intervalMs: number,
  log: GatekeeperLog,
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    try {
      await pass({ signal });
      last = '';
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      if (code !== last && !signal.aborted) log({ level: 'warning', code, message });
      last = code;
    }
    await systemClock.sleep(intervalMs, signal);
  }
}
