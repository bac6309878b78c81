import { setTimeout as sleep } from 'node:timers/promises';
import { u8aToHex } from '@polkadot/util';
import { type ProposeOptions, proposeReferendum, transactionMaker } from '../governance/propose.ts';
import type { RuntimeFile } from '../runtime-file.ts';
import type { Transaction } from '../tx/call.ts';
import { notFinal } from '../tx/errors.ts';
import type { Outcome } from '../tx/outcome.ts';
import type { TransactionSession } from '../tx/session.ts';
import { presentRuntime, type UpgradePlan } from './plan.ts';

export interface UpgradeResult {
  /** `running`: the new runtime runs; `proposed`: a referendum decides. */
  state: 'running' | 'proposed';
  referendum?: number;
  transactions: Outcome[];
}

const POLL_MS = 500;

/**
 * Does what the plan says. What an earlier run did already is found on the chain and not done again.
 * The code itself is sent after its hash was authorised, by sudo or by the referendum. Throws like `submit`.
 */
export async function runUpgrade(
  session: TransactionSession,
  runtime: RuntimeFile,
  plan: UpgradePlan,
  options: ProposeOptions,
): Promise<UpgradeResult> {
  const run = new UpgradeRun(session, options);
  if (plan.done) return { state: 'running', transactions: [] };
  if (plan.way === 'referendum' && !plan.authorised) {
    const proposal = { call: authorise(session, plan), origin: { system: 'Root' } };
    return { state: 'proposed', ...(await proposeReferendum(session, proposal, options)) };
  }
  if (!plan.authorised) {
    await run.send(
      'authorise the hash of the new runtime by sudo',
      transactionMaker(session, 'sudo', 'sudo')(authorise(session, plan)),
    );
  }
  const apply = transactionMaker(session, 'system', 'applyAuthorizedUpgrade');
  await run.send('send the new runtime', apply(u8aToHex(runtime.code())));
  await run.untilRunning(plan);
  return { state: 'running', transactions: run.transactions };
}

class UpgradeRun {
  readonly transactions: Outcome[] = [];
  readonly #session: TransactionSession;
  readonly #options: ProposeOptions;

  constructor(session: TransactionSession, options: ProposeOptions) {
    this.#session = session;
    this.#options = options;
  }

  async send(step: string, transaction: Transaction): Promise<Outcome> {
    this.#options.onStep?.(step);
    const outcome = await this.#session.submit(transaction, this.#options);
    this.transactions.push(outcome);
    return outcome;
  }

  /** Throws ExternalError `transaction-timeout` when the code is there and does not come to run. */
  async untilRunning({ next }: UpgradePlan): Promise<void> {
    const { connection, api } = this.#session;
    const { timeoutMs, signal } = this.#options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const { codeHash } = await connection.run('its runtime', () => presentRuntime(api));
      if (codeHash === next.codeHash) return;
      if (performance.now() > deadline) throw notFinal(next.codeHash, timeoutMs);
      await sleep(POLL_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

function authorise(session: TransactionSession, { next }: UpgradePlan): Transaction {
  return transactionMaker(session, 'system', 'authorizeUpgrade')(next.codeHash);
}
