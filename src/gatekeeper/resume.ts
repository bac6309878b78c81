import type { Receipt } from './receipt.ts';
import type { NativeRequest, RequestKind } from './request.ts';
import { Turns } from './turns.ts';

/** Requests that are taken through the stages at once: as many as the executor sends, so that its batches are full. */
const AT_ONCE = 512;

/** Kinds of which two don't bear on each other, in whichever order they come. */
const INDEPENDENT: ReadonlySet<string> = new Set<RequestKind>([
  'claim-operation',
  'complete-operation',
  'request-operation',
  'run-command',
]);

/**
 * Handles what waits, in its order: independent requests together, any other when all before it have ended. Begins none
 * once `signal` is aborted. Gives the receipts in the order of the requests.
 */
export async function resumeAll(
  waiting: readonly NativeRequest[],
  handle: (request: NativeRequest) => Promise<Receipt>,
  signal?: AbortSignal,
): Promise<Receipt[]> {
  const turns = new Turns(AT_ONCE);
  const begin = async (request: NativeRequest): Promise<Receipt | undefined> =>
    signal?.aborted ? undefined : handle(request);
  const receipts: Promise<Receipt | undefined>[] = [];
  for (const request of waiting) {
    const alone = !INDEPENDENT.has(request.kind);
    if (alone) await Promise.all(receipts);
    const work = turns.take(() => begin(request));
    receipts.push(work);
    if (alone) await work;
  }
  return (await Promise.all(receipts)).filter((receipt) => receipt !== undefined);
}
