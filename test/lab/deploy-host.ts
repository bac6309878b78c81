import { mkdir } from 'node:fs/promises';
import {
  type ConnectedChain,
  type HostSigner,
  hostKey,
  openArtifacts,
  type TrustedChain,
} from '../../src/chain/index.ts';
import {
  type ClientGatekeeper,
  createClientGatekeeper,
  joinRegion,
  loadGatekeeper,
  openGatekeeperStore,
  sandboxedTools,
} from '../../src/gatekeeper/index.ts';
import { serveLocalApi } from '../../src/service/api/serve.ts';
import { connectPinned, type PinnedChain } from '../../src/service/chain-trust.ts';
import { type HostDeployer, hostDeployer } from '../../src/service/deploy/host.ts';
import { saveHostRecord } from '../../src/service/host-record.ts';
import { chainLibraries } from '../../src/service/libraries.ts';
import { chainValidators } from '../../src/service/validators.ts';
import { systemClock } from '../../src/system/clock.ts';
import type { Home } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { ADMISSION, COMPLIANT, DvmHost } from '../unit/gatekeeper/world.ts';

/** A host of a region whose gatekeeper proposes, approves and applies deployments, in this process. */
export interface DeployHost {
  readonly home: Home;
  /** What it says is proven; the node only carries transactions. */
  readonly chain: TrustedChain & Pick<ConnectedChain, 'deployment'>;
  readonly signer: HostSigner;
  readonly gatekeeper: ClientGatekeeper;
  readonly deployer: HostDeployer;
  close(): Promise<void>;
}

/** Joins a host to the chain and serves its local API. `key`: of an account that is there already; else it makes one. */
export async function startDeployHost(
  home: Home,
  pinned: PinnedChain,
  { mirrors = [], key }: { mirrors?: readonly string[]; key?: HostSigner },
): Promise<DeployHost> {
  await mkdir(home.artifacts, { recursive: true, mode: 0o700 });
  const chain = await connectPinned(home, pinned);
  const signer = key ?? (await hostKey(home.keys, { create: true }));
  if (key === undefined) await chain.fund(signer.address, 10_000_000_000_000_000n);
  const artifacts = openArtifacts(home.artifacts, { mirrors, chunkTimeoutMs: 2_000 });
  const journal = new Journal(home.journal);
  await joinRegion({ home, chain, signer, artifacts, admission: ADMISSION, journal, programVersion: '0.1.0' });
  const definition = (await loadGatekeeper(home))?.definition;
  if (definition === undefined) throw new Error('it was not deployed');
  const store = await openGatekeeperStore(home);
  const libraries = chainLibraries(chain, artifacts);
  const validators = chainValidators(chain, artifacts, signer.address);
  const log = () => {};
  const nothing = async () => {};
  const parts = { definition, chain, signer, store, libraries, validators, prerequisites: COMPLIANT, log };
  const gatekeeper = createClientGatekeeper({ ...parts, effects: new DvmHost(), clock: systemClock });
  const tools = sandboxedTools(home);
  const deployer = await hostDeployer({
    home,
    chain,
    signer,
    artifacts,
    libraries,
    definition,
    gatekeeper,
    log,
    tools,
  });
  const { deployment } = chain;
  if (deployer === undefined || deployment === undefined) throw new Error('the chain has no contract for deployments');
  await saveHostRecord(home, { version: 1, chain: pinned, account: signer.address, path: ADMISSION.path });
  const api = await serveLocalApi({
    home,
    status: () => ({}) as never,
    subscribe: () => () => {},
    orders: { stop: nothing, pause: nothing, resume: nothing, stopDvm: nothing },
    gatekeeper: () => gatekeeper,
    deployments: () => deployer,
  });
  const close = async () => {
    await api.close();
    await chain.close();
    store.close();
  };
  return { home, chain: Object.assign(chain, { deployment }), signer, gatekeeper, deployer, close };
}
