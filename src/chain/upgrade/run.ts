import { setTimeout as sleep } from 'node:timers/promises';
import { u8aToHex } from '@polkadot/util';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { RuntimeFile } from '../runtime-file.ts';
import type { Transaction } from '../tx/call.ts';
import { notFinal } from '../tx/errors.ts';
import type { Outcome } from '../tx/outcome.ts';
import type { SubmitOptions, TransactionSession } from '../tx/session.ts';
import { presentRuntime, type UpgradePlan } from './plan.ts';

export interface UpgradeOptions extends SubmitOptions {
  /** Told before each transaction, with what it does. */
  onStep?: (step: string) => void;
}

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
  options: UpgradeOptions,
): Promise<UpgradeResult> {
  const run = new UpgradeRun(session, options);
  if (plan.done) return { state: 'running', transactions: [] };
  if (plan.way === 'referendum' && !plan.authorised) return run.propose(plan);
  if (!plan.authorised) {
    await run.send(
      'authorise the hash of the new runtime by sudo',
      tx(session, 'sudo', 'sudo')(authorise(session, plan)),
    );
  }
  const apply = tx(session, 'system', 'applyAuthorizedUpgrade');
  await run.send('send the new runtime', apply(u8aToHex(runtime.code())));
  await run.untilRunning(plan);
  return { state: 'running', transactions: run.transactions };
}

class UpgradeRun {
  readonly transactions: Outcome[] = [];
  readonly #session: TransactionSession;
  readonly #options: UpgradeOptions;

  constructor(session: TransactionSession, options: UpgradeOptions) {
    this.#session = session;
    this.#options = options;
  }

  async send(step: string, transaction: Transaction): Promise<Outcome> {
    this.#options.onStep?.(step);
    const outcome = await this.#session.submit(transaction, this.#options);
    this.transactions.push(outcome);
    return outcome;
  }

  /** Notes the proposal and puts it to the vote, once. */
  async propose(plan: UpgradePlan): Promise<UpgradeResult> {
    const session = this.#session;
    const proposal = authorise(session, plan).method;
    const [bytes, hash] = [proposal.toHex(), proposal.hash.toHex()];
    const known = await session.connection.run('its referenda', () => ongoingReferendum(session, hash));
    if (!known.noted)
      await this.send('note the proposal as a preimage', tx(session, 'preimage', 'notePreimage')(bytes));
    let { referendum } = known;
    if (referendum === undefined) {
      const lookup = { Lookup: { hash, len: proposal.encodedLength } };
      const submit = tx(session, 'referenda', 'submit')({ system: 'Root' }, lookup, { After: 1 });
      const { events } = await this.send('submit the referendum', submit);
      referendum = submittedIndex(events);
    }
    if (!known.deposited) {
      await this.send('place the decision deposit', tx(session, 'referenda', 'placeDecisionDeposit')(referendum));
    }
    return { state: 'proposed', referendum, transactions: this.transactions };
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
  return tx(session, 'system', 'authorizeUpgrade')(next.codeHash);
}

function tx(session: TransactionSession, pallet: string, call: string) {
  const make = session.api.tx[pallet]?.[call];
  if (make === undefined) throw answerInvalid(`its call ${pallet}.${call}`);
  return make;
}

const ongoing = z.object({
  ongoing: z.looseObject({
    proposal: z.object({ lookup: z.object({ hash: z.string() }) }),
    decisionDeposit: z.unknown(),
  }),
});
const index = z.union([z.number(), z.string().transform((text) => Number(text.replaceAll(',', '')))]);

/** What an earlier run did already. */
interface Known {
  /** The preimage is there. */
  noted: boolean;
  /** The one about this proposal that is under way. */
  referendum?: number;
  /** It has its decision deposit, from whomever. */
  deposited: boolean;
}

async function ongoingReferendum({ api }: TransactionSession, hash: string): Promise<Known> {
  const status = await api.query.preimage?.requestStatusFor?.(hash);
  const noted = status !== undefined && !status.isEmpty;
  const entries = (await api.query.referenda?.referendumInfoFor?.entries()) ?? [];
  for (const [key, info] of entries) {
    const parsed = ongoing.safeParse(info.toJSON());
    if (!parsed.success || parsed.data.ongoing.proposal.lookup.hash !== hash) continue;
    const { decisionDeposit } = parsed.data.ongoing;
    return { noted, referendum: Number(key.args[0]?.toString()), deposited: decisionDeposit !== null };
  }
  return { noted, deposited: false };
}

function submittedIndex(events: Outcome['events']): number {
  const event = events.find(({ pallet, name }) => pallet === 'referenda' && name === 'Submitted');
  const parsed = index.safeParse((event?.data as { index?: unknown } | undefined)?.index);
  if (!parsed.success) throw answerInvalid('the referendum', parsed.error);
  return parsed.data;
}
