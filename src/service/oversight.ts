import type { AccountId, ConnectedChain, HostSigner, MachineRegister } from '../chain/index.ts';
import {
  carryOutOversight,
  describeRuling,
  evacuate,
  type GatekeeperLog,
  keepHeartbeats,
  oversee,
  type Watched,
} from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { readConfig } from './config.ts';
import { keepGuardBound } from './ngd/bind-guard.ts';
import { keepManifests } from './ngd/keep-manifests.ts';
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
  await Promise.all([heartbeats, keepGuardBound(options, signal), overseeRegion(options, signal)]);
}

type MainDuties = Pick<HostOversight, 'connection' | 'signer' | 'log'>;

/** The part of it that is a main gatekeeper's: looks at the region's machines, and has guests of those excluded start elsewhere. */
export async function overseeRegion(options: MainDuties, signal: AbortSignal): Promise<void> {
  const { connection, log } = options;
  const evacuated = new Set<AccountId>();
  let main = false;
  const unlisten = connection.onHead(({ hash }) => {
    if (!main) return;
    void connection.excludedIn(hash).then(
      (accounts) => evacuateAll(options, accounts, evacuated),
      // The next regular look finds them.
      () => {},
    );
  });
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      main = await connection.machines.isMain(options.signer.address);
      if (main) await lookAtRegion(options, evacuated);
      trouble = undefined;
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      if (code !== trouble) log({ level: 'warning', code, message: `The region was not looked at: ${message}` });
      trouble = code;
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
  unlisten();
}

/** Only a main gatekeeper does this: nobody else may tell. */
async function lookAtRegion(options: MainDuties, evacuated: Set<AccountId>): Promise<void> {
  const { connection, signer, log } = options;
  const oversight = await oversee(connection);
  if (oversight === undefined) return;
  for (const one of await carryOutOversight(connection, signer, oversight)) {
    const what = one.told === 'report' ? `was reported: it ${one.fault}` : `answered ${one.right ? 'right' : 'wrong'}`;
    log({ level: 'warning', code: 'machine-told', message: `${one.account} ${what}.` });
  }
  const machines = oversight.machines.map(({ record }) => record.machine);
  const excluded = machines.filter(({ state }) => state === 'excluded').map(({ account }) => account);
  await evacuateAll(options, excluded, evacuated);
  const held = machines.filter(({ state }) => state === 'active' || state === 'suspended');
  await keepManifests(
    connection,
    signer,
    held.map(({ account }) => account),
  );
}

/** Each once: a guest that found no place is told of, and left to people. Never throws. */
async function evacuateAll(
  { connection, signer, log }: MainDuties,
  accounts: readonly AccountId[],
  evacuated: Set<AccountId>,
): Promise<void> {
  for (const account of accounts) {
    if (evacuated.has(account)) continue;
    evacuated.add(account);
    try {
      for (const one of await evacuate(connection, signer, account)) {
        const what = 'to' in one ? `starts on ${one.to} (operation ${one.operation})` : `finds no place: ${one.failed}`;
        const message = `${one.guest} of ${account}, which was excluded, ${what}.`;
        log({ level: 'warning', code: 'guest-evacuated', message });
      }
    } catch (thrown) {
      evacuated.delete(account);
      const { code, message } = toLogosError(thrown);
      log({
        level: 'warning',
        code,
        message: `The guests of ${account}, which was excluded, were not moved: ${message}`,
      });
    }
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
