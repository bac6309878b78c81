import { expect, it } from 'vitest';
import { checkOrders } from '../../../src/service/region-oversight.ts';
import { ALICE } from '../gatekeeper/memory-chain.ts';

it('orders name accounts by their addresses, and nothing else', () => {
  expect(() => checkOrders({ challenge: ALICE, exclude: ALICE })).not.toThrow();
  expect(() => checkOrders({})).not.toThrow();
  for (const bad of ['nobody', '', `${ALICE}x`, '0x00', '5'.repeat(48)]) {
    for (const orders of [{ challenge: bad }, { exclude: bad }])
      expect(() => checkOrders(orders)).toThrow(expect.objectContaining({ code: 'account-invalid', exitCode: 2 }));
  }
});
