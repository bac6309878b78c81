import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type SentTransaction, TransactionRecord } from '../../../../src/chain/tx/record.ts';

const SENT: SentTransaction = {
  version: 1,
  call: 'system.remark',
  account: '5G',
  extrinsic: '0x00',
  hash: '0x01',
  nonce: 3,
  birth: 4,
  period: 64,
};
const CALL = new Uint8Array([1, 2]);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-record-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it('remembers a transaction of one account and call on one chain, and forgets it when told to', async () => {
  const first = await TransactionRecord.open(directory, '0xaa', 'alice', CALL);
  expect(await first.read()).toBeUndefined();
  await first.write(SENT);
  first.close();
  const again = await TransactionRecord.open(directory, '0xaa', 'alice', CALL);
  expect(await again.read()).toEqual(SENT);
  for (const [genesis, account, call] of [
    ['0xbb', 'alice', CALL],
    ['0xaa', 'bob', CALL],
    ['0xaa', 'alice', new Uint8Array([1])],
  ] as const) {
    const other = await TransactionRecord.open(directory, genesis, account, call);
    expect(await other.read()).toBeUndefined();
    other.close();
  }
  await again.clear();
  expect(await again.read()).toBeUndefined();
  again.close();
});

it('is held by one process at a time, and a damaged one is named', async () => {
  const held = await TransactionRecord.open(directory, '0xaa', 'alice', CALL);
  await expect(TransactionRecord.open(directory, '0xaa', 'alice', CALL)).rejects.toMatchObject({ code: 'busy' });
  await held.write(SENT);
  const name = (await readdir(directory)).find((one) => one.endsWith('.json')) ?? '';
  await writeFile(join(directory, name), '{');
  await expect(held.read()).rejects.toMatchObject({ code: 'state-damaged' });
  held.close();
});
