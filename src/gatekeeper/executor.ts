import type { HostSigner } from '../chain/index.ts';
import type { Clock } from '../system/clock.ts';
import { Bug, ChainError, ExternalError, type LogosError, toLogosError } from '../system/errors.ts';
import { backOff } from './backoff.ts';
import type { GatekeeperDefinition } from './definition.ts';
import type { Outbox } from './outbox/index.ts';
import { type Receipt, receiptOf, type Sending } from './receipt.ts';
import { type CalledChain, submit } from './submit.ts';
import type { ContractCall, ContractMessage } from './translator.ts';
import { Turns } from './turns.ts';

export interface ExecutorOptions {
  readonly chain: CalledChain;
  readonly signer: HostSigner;
  readonly outbox: Outbox;
  readonly retry: GatekeeperDefinition['retry'];
  readonly clock: Clock;
}

export interface Executor {
  /**
   * Sends a call until the chain answers, its attempts are used up or `signal` is aborted; then the receipt is `pending`
   * and the request stays in the outbox. Calls go out in the order in which they came, many at a time: the chain's client
   * puts those that wait into batches. A call whose id is being sent already shares that sending.
   */
  execute(call: ContractCall, signal?: AbortSignal): Promise<Receipt>;
  /** Whether a call of this request is being sent. */
  sends(id: string): boolean;
}

/** Calls that are under way at once: a few batches. */
const AT_ONCE = 512;

/** Messages of which two don't bear on each other. Any other waits until all before it have ended, and is waited for. */
const INDEPENDENT: ReadonlySet<string> = new Set<ContractMessage['message']>(['request', 'claim', 'complete']);

export function executor(options: ExecutorOptions): Executor {
  const { outbox, clock } = options;
  const sending = new Map<string, Promise<Receipt>>();
  const turns = new Turns(AT_ONCE);
  let barrier: Promise<unknown> = Promise.resolve();

  /** When a call may be sent, as far as those before it are concerned. */
  const turnOf = (call: ContractCall): Promise<unknown> =>
    INDEPENDENT.has(call.content.message) ? barrier : Promise.allSettled([barrier, ...sending.values()]);

  const execute = async (call: ContractCall, before: Promise<unknown>, signal?: AbortSignal): Promise<Receipt> => {
    const { request } = call.admitted;
    // On disk first: a crash after this line sends it again, with the same id.
    await outbox.put(request, clock.now());
    await before;
    const result = await turns.take(() => sendWithRetries(call, options, signal));
    // Where the disk is full it is sent again, and the contract answers as before.
    if (result.outcome !== 'pending') await outbox.remove(request.id).catch(() => {});
    return receiptOf(call, result);
  };

  return {
    execute(call, signal) {
      const running = sending.get(call.requestId);
      if (running !== undefined) return running;
      const work = execute(call, turnOf(call), signal).finally(() => sending.delete(call.requestId));
      if (!INDEPENDENT.has(call.content.message)) barrier = work.catch(() => {});
      sending.set(call.requestId, work);
      return work;
    },
    sends: (id) => sending.has(id),
  };
}

async function sendWithRetries(call: ContractCall, options: ExecutorOptions, signal?: AbortSignal): Promise<Sending> {
  const { retry, clock } = options;
  if (signal?.aborted) return { outcome: 'pending', error: kept() };
  for (let attempt = 1; ; attempt += 1) {
    const result = await sendOnce(call, options);
    if (result.outcome !== 'pending' || attempt >= retry.attempts || signal?.aborted) return result;
    await clock.sleep(backOff(attempt, retry), signal);
  }
}

async function sendOnce(call: ContractCall, options: ExecutorOptions): Promise<Sending> {
  try {
    return await within(options.retry.timeoutMs, submit(call, options.chain, options.signer));
  } catch (thrown) {
    const error = toLogosError(thrown);
    if (error instanceof ChainError) return { outcome: 'refused', error };
    if (isOwnFault(thrown)) return { outcome: 'failed', error };
    // The call may or may not have arrived. Sending it again is safe: the contract knows its id.
    return { outcome: 'pending', error: asUnreachable(error) };
  }
}

/** A mistake in this program fails the same way every time; a lost connection doesn't. */
function isOwnFault(thrown: unknown): boolean {
  return (
    thrown instanceof Bug ||
    thrown instanceof TypeError ||
    thrown instanceof RangeError ||
    thrown instanceof ReferenceError
  );
}

function asUnreachable(error: LogosError): LogosError {
  // A plain Error of the transport (socket closed, connection refused) would otherwise be reported as a bug of ours.
  if (!(error instanceof Bug)) return error;
  return new ExternalError('chain-unreachable', `The chain can't be reached: ${error.message}`, {
    cause: error,
    nextSteps: ['Nothing needs to be done: the request is kept and sent when the chain answers again.'],
  });
}

function kept(): ExternalError {
  return new ExternalError('request-kept', 'The gatekeeper stops: the request was not sent yet.', {
    nextSteps: ['Nothing needs to be done: the request is kept and sent after the next start.'],
  });
}

/** Rejects with ExternalError `chain-timeout` when `work` takes longer than `ms`. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The chain did not answer within ${ms / 1000} seconds.`;
      reject(new ExternalError('chain-timeout', message, { nextSteps: ['Check the chain with `logos status`.'] }));
    }, ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
