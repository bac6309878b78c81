import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { Transaction } from '../tx/call.ts';
import type { Outcome } from '../tx/outcome.ts';
import type { SubmitOptions, TransactionSession } from '../tx/session.ts';

export interface ProposeOptions extends SubmitOptions {
  /** Told before each transaction, with what it does. */
  onStep?: (step: string) => void;
}

/** What everybody votes on. */
export interface Proposal {
  call: Transaction;
  /** On whose behalf it is done when it passes, which decides the referendum's track: `{ system: 'Root' }`, `{ Origins: 'NetworkPolicy' }`. */
  origin: Readonly<Record<string, string>>;
}

export interface Proposed {
  referendum: number;
  /** Empty when an earlier run had done everything. */
  transactions: Outcome[];
}

/**
 * Notes a proposal and puts it to the vote, with the deposits for both. What an earlier run did already is found on the
 * chain and not done again, as long as the referendum goes on. Throws like `submit`.
 */
export async function proposeReferendum(
  session: TransactionSession,
  { call, origin }: Proposal,
  options: ProposeOptions,
): Promise<Proposed> {
  const transactions: Outcome[] = [];
  const send = async (step: string, transaction: Transaction): Promise<Outcome> => {
    options.onStep?.(step);
    const outcome = await session.submit(transaction, options);
    transactions.push(outcome);
    return outcome;
  };
  const { method } = call;
  const [bytes, hash] = [method.toHex(), method.hash.toHex()];
  const known = await session.connection.run('its referenda', () => ongoingReferendum(session, hash));
  if (!known.noted) {
    await send('note the proposal as a preimage', transactionMaker(session, 'preimage', 'notePreimage')(bytes));
  }
  let { referendum } = known;
  if (referendum === undefined) {
    const lookup = { Lookup: { hash, len: method.encodedLength } };
    const submit = transactionMaker(session, 'referenda', 'submit')(origin, lookup, { After: 1 });
    referendum = submittedIndex((await send('submit the referendum', submit)).events);
  }
  if (!known.deposited) {
    const deposit = transactionMaker(session, 'referenda', 'placeDecisionDeposit')(referendum);
    await send('place the decision deposit', deposit);
  }
  return { referendum, transactions };
}

/** The maker of a call that every chain of ours has. Throws ExternalError `chain-answer-invalid` where it is missing. */
export function transactionMaker(session: TransactionSession, pallet: string, call: string) {
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
