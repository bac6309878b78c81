import type { AccountId, ArtifactStore, ConnectedChain, HostSigner, LogosChain } from '../chain/index.ts';
import { carryOutOversight, type GatekeeperLog, keepPlaces, type Oversight, oversee } from '../gatekeeper/index.ts';
import { systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import { Evacuations } from './evacuations.ts';
import { keepManifests } from './ngd/keep-manifests.ts';
import { regionSizes } from './region-sizes.ts';

export interface MainDuties {
  readonly connection: ConnectedChain;
  /** The same chain, read with proof. */
  readonly proven: Pick<LogosChain, 'configuration'>;
  readonly artifacts: ArtifactStore;
  readonly signer: HostSigner;
  readonly log: GatekeeperLog;
}

/** How often a main gatekeeper looks at its region's machines, milliseconds. */
const LOOK_EVERY_MS = 60_000;

/**
 * What is a main gatekeeper's: it looks at the region's machines, keeps on record where guests are, and has those of machines
 * that were excluded start elsewhere. Works until `signal` is aborted, and never throws.
 */
export async function overseeRegion(duties: MainDuties, signal: AbortSignal): Promise<void> {
  const { connection, proven, artifacts, signer, log } = duties;
  const say = tellOnce(log);
  const sizes = () => regionSizes(proven, artifacts);
  const evacuations = new Evacuations({ connection, signer, sizes, log });
  const settled = new Set<string>();
  let main = false;
  const unlisten = connection.onHead((head) => {
    if (main) void evacuations.follow(head);
  });
  while (!signal.aborted) {
    try {
      main = await connection.machines.isMain(signer.address);
      const oversight = main ? await oversee(connection) : undefined;
      if (oversight !== undefined) {
        // Each for itself: that one duty can't be done is no reason to leave the others.
        await say('The region was not looked at', () => tell(duties, oversight));
        await evacuations.look(oversight.machines.map(({ record }) => record));
        await say('Manifests were not put on record', () => keepDigests(duties, oversight));
        await say('Places of guests were not put on record', async () => {
          const faults = await keepPlaces(connection, signer, accounts(oversight, ['active']), await sizes(), settled);
          const [first] = faults;
          if (first !== undefined) throw new Error(`${first.guest ?? 'host'} of ${first.account}: ${first.why}`);
        });
      }
    } catch (thrown) {
      await say('The region was not looked at', () => Promise.reject(thrown));
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
  unlisten();
}

async function tell({ connection, signer, log }: MainDuties, oversight: Oversight): Promise<void> {
  for (const one of await carryOutOversight(connection, signer, oversight)) {
    const what = one.told === 'report' ? `was reported: it ${one.fault}` : `answered ${one.right ? 'right' : 'wrong'}`;
    log({ level: 'warning', code: 'machine-told', message: `${one.account} ${what}.` });
  }
}

async function keepDigests({ connection, proven, signer, log }: MainDuties, oversight: Oversight): Promise<void> {
  const held = accounts(oversight, ['active', 'suspended']);
  for (const account of await keepManifests(connection, proven, signer, held)) {
    log({ level: 'info', code: 'manifest-set', message: `What ${account} has to attest was put on record.` });
  }
}

function accounts({ machines }: Oversight, states: readonly string[]): AccountId[] {
  const found = machines.map(({ record }) => record.machine).filter(({ state }) => states.includes(state));
  return found.map(({ account }) => account);
}

/** Does a duty; what stands in its way is told when it is another than the last time. */
function tellOnce(log: GatekeeperLog): (what: string, duty: () => Promise<void>) => Promise<void> {
  const last = new Map<string, string>();
  return async (what, duty) => {
    try {
      await duty();
      last.delete(what);
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      if (last.get(what) !== message) log({ level: 'warning', code, message: `${what}: ${message}` });
      last.set(what, message);
    }
  };
}
