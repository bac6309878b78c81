import type { ApiPromise } from '@polkadot/api';
import { z } from 'zod';
import { codeHash, type RuntimeFile } from '../runtime-file.ts';
import type { TransactionSession } from '../tx/session.ts';
import type { Hash } from '../types.ts';
import { noGovernance, notAuthorised, upgradeRefused } from './errors.ts';

/** Who decides: the administrator of a development or test chain, or everybody by a referendum. */
export type UpgradeWay = 'sudo' | 'referendum';

export interface RuntimeSummary {
  specName: string;
  specVersion: number;
  transactionVersion: number;
  codeHash: Hash;
}

export interface UpgradePlan {
  present: RuntimeSummary;
  next: RuntimeSummary;
  /** Bytes of the new code as the chain stores it. */
  codeBytes: number;
  /** What was checked, each a sentence. */
  checks: string[];
  way: UpgradeWay;
  /** Whether the chain has authorised this code already. */
  authorised: boolean;
  /** Whether this very code runs already. */
  done: boolean;
}

const authorisation = z.looseObject({ codeHash: z.string() }).nullable();

/**
 * Compares a new runtime with the one that runs, and finds out how it can be put there.
 * Throws UserError `upgrade-refused`, `upgrade-no-governance`, or with `applyOnly` `upgrade-not-authorised`.
 */
export async function planUpgrade(
  session: TransactionSession,
  runtime: RuntimeFile,
  options: { by?: UpgradeWay; applyOnly?: boolean } = {},
): Promise<UpgradePlan> {
  const { api } = session;
  const code = runtime.code();
  const next = { ...summary(runtime.version), codeHash: codeHash(code) };
  const state = await session.connection.run('its runtime', async () => ({
    present: await presentRuntime(api),
    authorised: await authorisedHash(api),
    administrator: await administrator(api),
  }));
  const { present } = state;
  const done = present.codeHash === next.codeHash;
  const checks = done ? ['this code runs already'] : checkSuccessor(present, next);
  const authorised = state.authorised === next.codeHash;
  if (options.applyOnly === true && !authorised && !done) throw notAuthorised(next.codeHash);
  const way = options.by ?? (state.administrator === session.account ? 'sudo' : 'referendum');
  const possible =
    way === 'sudo'
      ? state.administrator === session.account
      : api.tx.referenda !== undefined && api.tx.preimage !== undefined;
  if (!possible && !done && options.applyOnly !== true) throw noGovernance();
  return { present, next, codeBytes: code.length, checks, way, authorised, done };
}

/** The rules by which frame_system takes code, and one more: calls must not change their meaning unseen. */
function checkSuccessor(present: RuntimeSummary, next: RuntimeSummary): string[] {
  if (next.specName !== present.specName) throw upgradeRefused(`it is ${next.specName}, and ${present.specName} runs`);
  if (next.specVersion <= present.specVersion) {
    throw upgradeRefused(`its spec_version ${next.specVersion} is not higher than ${present.specVersion}`);
  }
  if (next.transactionVersion < present.transactionVersion) {
    throw upgradeRefused(
      `its transaction_version ${next.transactionVersion} is lower than ${present.transactionVersion}`,
    );
  }
  return [
    'it runs here and says its version',
    `spec_name ${next.specName} is the same`,
    `spec_version ${next.specVersion} is higher than ${present.specVersion}`,
    next.transactionVersion === present.transactionVersion
      ? 'calls are written as before'
      : `calls are written anew (transaction_version ${next.transactionVersion})`,
  ];
}

function summary({ specName, specVersion, transactionVersion }: Omit<RuntimeSummary, 'codeHash'>) {
  return { specName, specVersion, transactionVersion };
}

/** The runtime in the state of the best block, whatever this connection was told when it began. */
export async function presentRuntime(api: ApiPromise): Promise<RuntimeSummary> {
  const version = await api.rpc.state.getRuntimeVersion();
  const hash = await api.rpc.state.getStorageHash(CODE_KEY);
  return {
    specName: version.specName.toString(),
    specVersion: version.specVersion.toNumber(),
    transactionVersion: version.transactionVersion.toNumber(),
    codeHash: hash.toHex(),
  };
}

/** `:code` */
const CODE_KEY = '0x3a636f6465';

async function authorisedHash(api: ApiPromise): Promise<string | undefined> {
  const stored = await api.query.system?.authorizedUpgrade?.();
  return stored === undefined ? undefined : authorisation.parse(stored.toJSON())?.codeHash;
}

async function administrator(api: ApiPromise): Promise<string | undefined> {
  const key = await api.query.sudo?.key?.();
  return key?.toJSON() as string | undefined;
}
