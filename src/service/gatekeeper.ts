import { join } from 'node:path';
import {
  type ArtifactStore,
  type ConnectedChain,
  type ContractKind,
  type HostSigner,
  hostKey,
  type LogosChain,
  openArtifacts,
} from '../chain/index.ts';
import {
  type ClientGatekeeper,
  carryOut,
  createClientGatekeeper,
  findProgram,
  type GatekeeperLog,
  type HostEffects,
  type Knowledge,
  loadGatekeeper,
  openGatekeeperStore,
  openKnowledge,
  sandboxedTools,
} from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import { Bug, type LogosError, UserError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { PROGRAM_VERSION } from '../system/version.ts';
import { connectPinned } from './chain-trust.ts';
import { readConfig } from './config.ts';
import { type HostDeployer, hostDeployer } from './deploy/host.ts';
import { dvmEffects, type StartResult } from './dvm-effects.ts';
import { loadHostRecord } from './host-record.ts';
import { chainLibraries } from './libraries.ts';
import { hostPrerequisites } from './prerequisites.ts';
import { chainValidators } from './validators.ts';

/** The client gatekeeper of this host at work: its definition loaded, its chain connected. */
export interface Gatekeeper {
  gatekeeper: ClientGatekeeper;
  /** What applies deployments here; absent on a chain without their contract. */
  deployments?: HostDeployer;
  chain: LogosChain;
  /** The chain's node itself, for what needs no proof. */
  connection: ConnectedChain;
  signer: HostSigner;
  /** The last guest that it started since it was opened. */
  lastStart(): StartResult | undefined;
  close(): Promise<void>;
}

export interface OpenOptions {
  exec: Exec;
  log: GatekeeperLog;
}

/** Throws `host-not-joined`, `gatekeeper-not-deployed`, `gatekeeper-damaged`, and what the chain and the key store throw. */
export async function openGatekeeper(home: Home, { exec, log }: OpenOptions): Promise<Gatekeeper> {
  const record = await loadHostRecord(home);
  const { artifactMirrors } = await readConfig(home);
  const deployed = await loadGatekeeper(home, { programVersion: PROGRAM_VERSION });
  if (!deployed) {
    throw new UserError('gatekeeper-not-deployed', 'The gatekeeper has not been deployed to this host.', {
      nextSteps: ['Run `logos provide`: it deploys what the chain defines.'],
    });
  }
  const artifacts = openArtifacts(home.artifacts, { mirrors: artifactMirrors });
  let knowledge: Knowledge | undefined;
  let connected: ConnectedChain | undefined;
  const chain = await connectPinned(home, record.chain, endpointLog(log), (connection, verified) => {
    connected = connection;
    const prove = (kind: ContractKind, section: string) => {
      verified.outdate();
      return verified.registered(kind, section);
    };
    knowledge = openKnowledge(home, connection.registry, prove, log);
    if (knowledge !== undefined) connection.consult(knowledge.directory);
  });
  // Together: what the keeper waits for from the chain ends with it.
  const disconnect = () => Promise.all([knowledge?.close(), chain.close()]);
  try {
    const started = new Starts();
    const store = await openGatekeeperStore(home);
    const libraries = chainLibraries(chain, artifacts);
    const tools = sandboxedTools(home);
    const run: HostEffects['run'] = (operation, signal) => {
      const directory = join(home.gatekeeper, 'runs');
      const options = { commands: store.commands, libraries, directory, find: findProgram, tools };
      return carryOut(operation, options, signal);
    };
    const signer = await hostKey(home.keys);
    const gatekeeper = createClientGatekeeper({
      definition: deployed.definition,
      chain,
      signer,
      validators: chainValidators(chain, artifacts, signer.address),
      prerequisites: hostPrerequisites(home, chain, signer.address),
      effects: { ...effectsFor(home, record, { chain, artifacts, exec }, started), run },
      store,
      libraries,
      clock: systemClock,
      log,
    });
    const parts = { home, chain, signer, artifacts, libraries, tools, gatekeeper, log };
    const deployments = await hostDeployer({ ...parts, definition: deployed.definition });
    const close = async (): Promise<void> => {
      await gatekeeper.idle();
      await disconnect();
      store.close();
    };
    if (connected === undefined) throw new Bug('A chain was opened without a connection.');
    return { gatekeeper, deployments, chain, connection: connected, signer, lastStart: () => started.last, close };
  } catch (error) {
    await disconnect();
    throw error;
  }
}

/** Remembers the last guest that was started, for whoever wants to show it. */
class Starts {
  last: StartResult | undefined;
}

function effectsFor(
  home: Home,
  { path, partition }: Awaited<ReturnType<typeof loadHostRecord>>,
  { chain, artifacts, exec }: { chain: LogosChain; artifacts: ArtifactStore; exec: Exec },
  started: Starts,
): Omit<HostEffects, 'run'> {
  if (path === 'gpu') return noDvms();
  return dvmEffects({
    home,
    journal: new Journal(home.journal),
    chain,
    artifacts,
    exec,
    path,
    partition,
    onStarted: (result) => {
      started.last = result;
    },
  });
}

function noDvms(): Omit<HostEffects, 'run'> {
  const refuse = async (): Promise<never> => {
    throw new UserError('dvm-needs-compute-path', 'This host lends its GPU only; it runs no DVMs.', {
      nextSteps: ['See `logos status` for the path of this host and the reason.'],
    });
  };
  return { startDvm: refuse, stopDvm: refuse, knowsTemplate: async () => false };
}

/** Each endpoint's fault once an hour: it is met with again at every block. */
function endpointLog(log: GatekeeperLog): (error: LogosError) => void {
  const told = new Map<string, number>();
  return ({ code, message }) => {
    const now = systemClock.now();
    if (now - (told.get(code) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    told.set(code, now);
    log({ level: 'warning', code, message });
  };
}

const TELL_AGAIN_MS = 3_600_000;
