import type { ConnectedChain, HostSigner, MachineRegister } from '../chain/index.ts';
import {
  carryOutOversight,
  describeRuling,
  type GatekeeperLog,
  keepHeartbeats,
  oversee,
  type Watched,
} from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { readConfig } from './config.ts';
import { currentVerdict } from './ngd.ts';
import { toldIntegrity } from './told-integrity.ts';

export interface HostOversight {
  readonly home: Home;
  readonly connection: ConnectedChain;
  readonly signer: HostSigner;
  readonly log: GatekeeperLog;
  /** Told why this host may not act now, in a sentence; `undefined` while it may. */
  onStanding(why: string | undefined): void;
}

/** What the chain asks of a host that was just started goes first, milliseconds. */
const SETTLE_MS = 60_000;
/** How often a main gatekeeper looks at its region's machines, milliseconds. */
const LOOK_EVERY_MS = 60_000;

/**
 * Has this host heard of by the chain, with what its integrity daemon says; where it is a region's main gatekeeper, also
 * tells the chain what it sees of the others. Works until `signal` is aborted, and never throws.
 */
export async function hostOversight(options: HostOversight, signal: AbortSignal): Promise<void> {
  const { home, connection, signer, log, onStanding } = options;
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
  await Promise.all([heartbeats, overseeRegion(options, signal)]);
}

async function overseeRegion(options: HostOversight, signal: AbortSignal): Promise<void> {
  const { log } = options;
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      await lookAtRegion(options);
      trouble = undefined;
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      if (code !== trouble) log({ level: 'warning', code, message: `The region was not looked at: ${message}` });
      trouble = code;
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Only a main gatekeeper looks: nobody else may tell. */
async function lookAtRegion({ connection, signer, log }: HostOversight): Promise<void> {
  if (!(await connection.machines.isMain(signer.address))) return;
  const oversight = await oversee(connection);
  const told = oversight === undefined ? [] : await carryOutOversight(connection, signer, oversight);
  for (const one of told) {
    const what = one.told === 'report' ? `was reported: it ${one.fault}` : `answered ${one.right ? 'right' : 'wrong'}`;
    log({ level: 'warning', code: 'machine-told', message: `${one.account} ${what}.` });
  }
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
