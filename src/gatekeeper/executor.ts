import type { HostSigner, LogosChain } from '../chain/index.ts';
import type { Clock } from '../system/clock.ts';
import { Bug, ChainError, ExternalError, type LogosError, toLogosError } from '../system/errors.ts';
import { backOff } from './backoff.ts';
import type { GatekeeperDefinition } from './definition.ts';
import type { Outbox } from './outbox.ts';
import { type Receipt, receiptOf, type Sending } from './receipt.ts';
import type { ContractCall } from './translator.ts';

export interface ExecutorOptions {
  readonly chain: LogosChain;
  readonly signer: HostSigner;
  readonly outbox: Outbox;
  readonly retry: GatekeeperDefinition['retry'];
  readonly clock: Clock;
}

export interface Executor {
  /**
   * Sends a call until the chain answers, its attempts are used up or `signal` is aborted; then the receipt is `pending`
   * and the request stays in the outbox. Calls go out one after the other, so that the account's nonces stay in order; a
   * call whose id is being sent already shares that sending.
   */
  execute(call: ContractCall, signal?: AbortSignal): Promise<Receipt>;
}

export function executor(options: ExecutorOptions): Executor {
  const { outbox, clock } = options;
  const sending = new Map<string, Promise<Receipt>>();
  let last: Promise<unknown> = Promise.resolve();

  const execute = async (call: ContractCall, signal?: AbortSignal): Promise<Receipt> => {
    const { request } = call.admitted;
    // On disk first: a crash after this line sends it again, with the same id.
    await outbox.put(request, clock.now());
    const result = await sendWithRetries(call, options, signal);
    if (result.outcome !== 'pending') await outbox.remove(request.id);
    return receiptOf(call, result);
  };

  return {
    execute(call, signal) {
      const running = sending.get(call.requestId);
      if (running !== undefined) return running;
      const work = last.then(() => execute(call, signal)).finally(() => sending.delete(call.requestId));
      sending.set(call.requestId, work);
      last = work.catch(() => {});
      return work;
    },
  };
}

async function sendWithRetries(call: ContractCall, options: ExecutorOptions, signal?: AbortSignal): Promise<Sending> {
  const { retry, clock } = options;
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

async function submit(call: ContractCall, chain: LogosChain, signer: HostSigner): Promise<Sending> {
  const { content, requestId } = call;
  switch (content.message) {
    case 'admit':
      return accepted(await chain.admit(signer, requestId, content.arguments.admission));
    case 'leave':
      return accepted(await chain.leave(signer));
    case 'claim':
      return accepted(await chain.claim(signer, content.arguments.id));
    case 'complete':
      return accepted(await chain.complete(signer, content.arguments.id, content.arguments.outcome));
    case 'request': {
      const { host, kind, deadlineBlocks } = content.arguments;
      const { id, ...transaction } = await chain.request(signer, requestId, host, kind, deadlineBlocks);
      return { outcome: 'accepted', transaction, operation: id };
    }
  }
}

function accepted(transaction: Awaited<ReturnType<LogosChain['leave']>>): Sending {
  return { outcome: 'accepted', transaction };
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
