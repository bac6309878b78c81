import { describe, expect, it } from 'vitest';
import type { Receipt } from '../../../src/gatekeeper/receipt.ts';
import { type NativeRequest, nativeRequest, type RequestKind } from '../../../src/gatekeeper/request.ts';
import { resumeAll } from '../../../src/gatekeeper/resume.ts';
import { systemClock } from '../../../src/system/clock.ts';

function wish(kind: RequestKind, number: number): NativeRequest {
  const origin = { source: 'command', uid: 0 } as const;
  return nativeRequest({ kind, payload: {}, origin, nonce: `${number}` }, { account: 'a', genesis: '0x' });
}

/** Handles requests in as many milliseconds as it is told for each, and keeps what began and ended when. */
function handler(times: readonly number[] = []) {
  const order: string[] = [];
  const handle = async ({ nonce, id }: NativeRequest): Promise<Receipt> => {
    order.push(`+${nonce}`);
    await systemClock.sleep(times[Number(nonce)] ?? 1);
    order.push(`-${nonce}`);
    return { id } as Receipt;
  };
  return { handle, order };
}

describe('resuming what waits', () => {
  it('takes independent requests together, and gives their receipts in their order', async () => {
    const { handle, order } = handler([30, 1, 15]);
    const waiting = (['claim-operation', 'request-operation', 'run-command'] as const).map(wish);
    const receipts = await resumeAll(waiting, handle);
    expect(order.join(' ')).toBe('+0 +1 +2 -1 -2 -0');
    expect(receipts.map(({ id }) => id)).toEqual(waiting.map(({ id }) => id));
  });

  it('takes any other alone, in its place', async () => {
    const { handle, order } = handler([20, 1, 1, 10, 1]);
    const kinds = ['claim-operation', 'claim-operation', 'leave', 'join', 'claim-operation'] as const;
    await resumeAll(kinds.map(wish), handle);
    expect(order.join(' ')).toBe('+0 +1 -1 -0 +2 -2 +3 -3 +4 -4');
  });

  it('begins no more of them than are sent at once, and none when it is to stop', async () => {
    const { handle, order } = handler();
    const stopping = new AbortController();
    const waiting = Array.from({ length: 700 }, (_, number) => wish('claim-operation', number));
    const resumed = resumeAll(waiting, handle, stopping.signal);
    await Promise.resolve();
    expect(order).toHaveLength(512);
    stopping.abort();
    expect(await resumed).toHaveLength(512);
  });
});
