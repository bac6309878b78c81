import type { ArtifactStore, ConnectedChain, HostSigner, LogosChain, MachineRegister } from '../chain/index.ts';
import { describeRuling, type GatekeeperLog, keepHeartbeats, type Watched } from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import type { Home } from '../system/home.ts';
import { readConfig } from './config.ts';
import { overseeRegion } from './main-duties.ts';
import { keepGuardBound } from './ngd/bind-guard.ts';
import { currentVerdict } from './ngd.ts';
import { toldIntegrity } from './told-integrity.ts';

export interface HostOversight {
  readonly home: Home;
  readonly connection: ConnectedChain;
  /** The same chain, read with proof. */
  readonly chain: LogosChain;
  /** Fetches what the chain names by its hash alone. */
  readonly artifacts: ArtifactStore;
  readonly signer: HostSigner;
  readonly log: GatekeeperLog;
  /** Told why this host may not act now, in a sentence; `undefined` while it may. */
  onStanding(why: string | undefined): void;
}

/** What the chain asks of a host that was just started goes first, milliseconds. */
const SETTLE_MS = 60_000;

/**
 * Has this host heard of by the chain, with what its integrity daemon says; where it is a region's main gatekeeper, also
 * tells the chain what it sees of the others. Works until `signal` is aborted, and never throws.
 */
export async function hostOversight(options: HostOversight, signal: AbortSignal): Promise<void> {
  const { home, connection, chain, artifacts, signer, log, onStanding } = options;
  const record = await connection.machines.find(signer.address).catch(() => undefined);
  onStanding(whyNot({ record }));
  await systemClock.sleep(SETTLE_MS, signal);
  const heartbeats = keepHeartbeats(
    {
      machines: connection.machines,
      chain: connection,
      signer,
      integrity: toldIntegrity(() => currentVerdict(home), systemClock),
      isCommitted: async () => (await readConfig(home)).commit === true,
      clock: systemClock,
      log,
    },
    signal,
    (watched) => onStanding(whyNot(watched)),
  );
  const duties = { connection, proven: chain, artifacts, signer, log };
  await Promise.all([heartbeats, keepGuardBound(options, signal), overseeRegion(duties, signal)]);
}

/** Takes this host's machine off the chain's register, if it is on it. Gives whether it was. Throws what the chain does. */
export async function leaveMachines(machines: MachineRegister, signer: HostSigner): Promise<boolean> {
  if ((await machines.find(signer.address))?.machine.state !== 'active') return false;
  await machines.leave(signer);
  return true;
}

function whyNot({ record }: Watched): string | undefined {
  if (record === undefined) return undefined;
  const { machine, ruling } = record;
  if (machine.state !== 'suspended' && machine.state !== 'excluded') return undefined;
  const why = ruling === undefined ? `${machine.state} by the chain` : describeRuling(ruling);
  return `This host may not act ${machine.state === 'excluded' ? 'any more' : 'now'}: ${why}.`;
}
