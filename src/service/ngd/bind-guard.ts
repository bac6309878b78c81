import type { AccountId, ConnectedChain, HostSigner } from '../../chain/index.ts';
import { hostAddress } from '../../chain/index.ts';
import type { GatekeeperLog } from '../../gatekeeper/index.ts';
import { systemClock } from '../../system/clock.ts';
import { toLogosError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { currentVerdict } from '../ngd.ts';
import { guardKeys } from './answer-attest.ts';
import { readCut } from './cut.ts';

export interface BindGuardOptions {
  readonly home: Home;
  readonly connection: ConnectedChain;
  readonly signer: HostSigner;
  readonly log: GatekeeperLog;
}

/** Between two looks whether the machine is a member, and its guard has a key, milliseconds. */
const LOOK_EVERY_MS = 30_000;
/** What a guard's account holds at first, Planck: fees are paid, and given back for what the chain takes. */
const FUNDS = 1_000_000_000_000n;

/**
 * Names this machine's guard to the chain, once the machine is a member, so that NGd is heard there with its own key. Works
 * until that is done or `signal` is aborted, and never throws.
 */
export async function keepGuardBound(options: BindGuardOptions, signal: AbortSignal): Promise<void> {
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      if (await bindGuard(options)) return;
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      if (code !== trouble)
        options.log({ level: 'warning', code, message: `NGd is not heard on chain yet: ${message}` });
      trouble = code;
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Gives whether there is nothing left to do; a guard is bound only while it finds its host intact. Throws what the chain does. */
export async function bindGuard({ home, connection, signer, log }: BindGuardOptions): Promise<boolean> {
  const machines = connection.machines;
  if ((await machines.rules())?.attestTerm === undefined) return true;
  const record = await machines.find(signer.address);
  if (record === undefined) return false;
  if (record.guard !== undefined || record.machine.state === 'excluded') return true;
  // From then on the guard's word decides over the collateral: not on a host that deviated before it joined.
  if ((await currentVerdict(home)).integrity !== 'intact' || (await readCut(home)) !== undefined) return false;
  const guard = await guardAddress(home);
  if (guard === undefined) return false;
  if ((await connection.balance(guard)) < FUNDS / 2n) await connection.pay(signer, guard, FUNDS);
  await machines.bindGuard(signer, guard);
  log({ level: 'info', code: 'guard-bound', message: `NGd attests this machine on chain as ${guard}.` });
  return true;
}

/** NGd makes its key when it first has something to tell. */
async function guardAddress(home: Home): Promise<AccountId | undefined> {
  try {
    return await hostAddress(guardKeys(home));
  } catch (error) {
    if (error instanceof UserError && error.code === 'key-missing') return undefined;
    throw error;
  }
}
